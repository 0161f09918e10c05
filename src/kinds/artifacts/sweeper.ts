/**
 * Deletes what processes left that ended in the middle of a put or a delete: when the store is opened, and when asked.
 *
 * First what is in `tmp`, of claims whose process is proven dead, so that afterwards two names of a file always mean that somebody is about to
 * record it. Then files that no record names, by way of the collector, which decides again under the write lock. Any number of processes may sweep at once.
 */
import * as path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { KindServices } from '../../engine/kind-runtime.ts'
import { probeLife } from '../../sqlite/life-lock.ts'
import { loadDriver } from '../../sqlite/load-driver.ts'
import { type Claim, lifeSuffix } from './claim.ts'
import type { Collector } from './collector.ts'
import { type ArtifactFiles, removeFile } from './files.ts'
import type { References } from './references.ts'

/** Files looked up in one turn of the event loop. */
const mostAtOnce = 200
const temporaryName = /^([0-9a-f]{32})\.(?:life|[0-9a-f]{16}\.(?:part|link)|([0-9a-f]{64})\.gone)$/

/** What a sweep found. */
export interface Swept {
  /** Temporary files deleted. */
  readonly temporary: number
  /** Files that no record names. */
  readonly orphans: number
}

export interface SweeperParts {
  readonly files: ArtifactFiles
  readonly claim: Claim
  readonly collector: Collector
  readonly references: References
  readonly services: KindServices
}

export class Sweeper {
  readonly #parts: SweeperParts
  #last: Promise<unknown> = Promise.resolve()
  #isStopped = false

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  /** Sweeps once whatever sweep is under way has ended. @throws HoldfastError as commits do */
  run(): Promise<Swept> {
    const swept = this.#last.then(async () => {
      const temporary = await this.#sweepTemporary()
      const orphans = await this.#sweepOrphans()
      await this.#parts.collector.idle()
      return Object.freeze({ temporary, orphans })
    })
    this.#last = swept.catch(() => undefined)
    return swept
  }

  /** Ends the sweep that is under way, between two steps. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#last
  }

  async #sweepTemporary(): Promise<number> {
    const names = await this.#parts.files.temporaryNames()
    const claims = Map.groupBy(names, (name) => temporaryName.exec(name)?.[1])
    let deleted = 0
    for (const [claim, files] of claims) {
      if (claim === undefined || claim === this.#parts.claim.id || this.#isStopped) continue
      if (await this.#isDead(claim, files)) deleted += await this.#deleteAll(files)
      await nextTurn()
    }
    return deleted
  }

  async #isDead(claim: string, files: readonly string[]): Promise<boolean> {
    const life = path.join(this.#parts.files.temporary, claim + lifeSuffix)
    const isAlone = files.length === 1 && files[0] === claim + lifeSuffix
    // A claim that has files was taken once, and is never taken again; one without is deleted while nobody can take it.
    const found = probeLife(await loadDriver('node:sqlite'), life, () => isAlone && this.#parts.files.removeNow(path.basename(life)))
    return found === 'free' || found === 'absent'
  }

  /** The proof goes last: without it nobody could tell whose the others are. */
  async #deleteAll(names: readonly string[]): Promise<number> {
    const { files, collector } = this.#parts
    for (const name of names.toSorted((a, b) => Number(a.endsWith(lifeSuffix)) - Number(b.endsWith(lifeSuffix)))) {
      const file = path.join(files.temporary, name)
      const hash = temporaryName.exec(name)?.[2]
      if (hash === undefined) await removeFile(file)
      else await collector.settle(file, hash)
    }
    return names.length
  }

  async #sweepOrphans(): Promise<number> {
    const { files, collector } = this.#parts
    let found = 0
    for await (const hashes of files.hashes()) {
      for (let from = 0; from < hashes.length && !this.#isStopped; from += mostAtOnce) {
        const orphans = this.#unnamed(hashes.slice(from, from + mostAtOnce))
        for (const hash of orphans) collector.note(hash)
        found += orphans.length
        await nextTurn()
      }
    }
    return found
  }

  #unnamed(hashes: readonly string[]): readonly string[] {
    const { references, services } = this.#parts
    services.beginRead('sweep')
    return hashes.filter((hash) => !references.has(hash))
  }
}
