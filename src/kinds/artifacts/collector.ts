/**
 * Deletes files that no record names any more (rule A2).
 *
 *   a record went ─▶ commit: still none under the write lock? ─ file → tmp/….gone ─▶ that is durable ─▶ deleted
 *                                                             └ it fails, or the power does ─▶ a record is there after all? back to its place
 *
 * Whether there is a record is decided under the store's write lock, so nobody can record the file meanwhile. That the last one went need not be
 * durable then: only after the commit, which resolves when all it has read is durable (rule D7), is the file beyond recall.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isHoldfastError } from '../../base/error.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { Claim } from './claim.ts'
import { type ArtifactFiles, removeFile } from './files.ts'
import type { References } from './references.ts'

/** Files in one commit, at most: it holds the write lock while it moves them. */
const mostAtOnce = 64
/** When it is tried again to put back a file that was moved away for nothing, ms. */
const retryMs = 1000

export interface CollectorParts {
  readonly kind: string
  readonly files: ArtifactFiles
  readonly claim: Claim
  readonly references: References
  readonly services: KindServices
}

interface Leaving {
  readonly hash: string
  readonly gone: string
}

export class Collector {
  readonly #parts: CollectorParts
  readonly #noted = new Set<string>()
  #running: Promise<void> | undefined
  /** Files that were moved away in a commit that failed, and of which nothing could be decided since. */
  #unsettled: readonly Leaving[] = []
  #isStopped = false

  constructor(parts: CollectorParts) {
    this.#parts = parts
  }

  /** The last record of a file may have gone; may be called inside a commit. */
  note(hash: string): void {
    if (this.#isStopped) return
    this.#noted.add(hash)
    this.#running ??= this.#run()
  }

  /** Resolves when all that was noted has been looked at. */
  async idle(): Promise<void> {
    await this.#running
  }

  /** Looks at what was noted, and notes nothing more: the next sweep finds it. */
  async stop(): Promise<void> {
    await this.idle()
    this.#isStopped = true
  }

  /** Decides about a file that a process was moving out when it died. */
  async settle(gone: string, hash: string): Promise<void> {
    const { kind, files, references, services } = this.#parts
    const decide = (): void => {
      if (references.has(hash)) files.moveBack(gone, hash)
    }
    await services.commit(kind, decide, { durability: 'power' })
    await removeFile(gone)
  }

  async #run(): Promise<void> {
    const { report } = this.#parts.services
    // Not inside the commit in which it was noted.
    await nextTurn()
    while (this.#noted.size > 0) {
      const hashes = [...this.#noted].slice(0, mostAtOnce)
      for (const hash of hashes) this.#noted.delete(hash)
      try {
        await this.#collect(hashes)
      } catch (error) {
        if (isHoldfastError(error, 'STORE_CLOSED')) continue
        report({
          type: 'background-failed',
          message: 'Deleting files of artifacts failed; it is done when the store is opened next.',
          error,
        })
      }
    }
    this.#running = undefined
  }

  async #collect(hashes: readonly string[]): Promise<void> {
    const { kind, files, claim, references, services } = this.#parts
    const id = await claim.take()
    const leaving: Leaving[] = []
    const moveAll = (): void => {
      for (const hash of hashes) {
        const gone = files.goneOf(id, hash)
        if (!references.has(hash) && files.moveAway(hash, gone)) leaving.push({ hash, gone })
      }
    }
    try {
      await services.commit(kind, moveAll, { durability: 'power' })
    } catch (error) {
      this.#unsettled = [...this.#unsettled, ...leaving]
      await this.#settleAll()
      throw error
    }
    for (const { gone } of leaving) await removeFile(gone)
  }

  /** A disk that has failed may fail again; where it does until the end, the next opening decides. */
  async #settleAll(): Promise<void> {
    const leaving = this.#unsettled
    this.#unsettled = []
    for (const one of leaving) {
      await this.settle(one.gone, one.hash).catch(() => {
        this.#unsettled = [...this.#unsettled, one]
      })
    }
    if (this.#unsettled.length === 0 || this.#isStopped) return
    this.#parts.services.clock.after(retryMs, () => void this.#settleAll(), { background: true })
  }
}
