/**
 * A store, its writers, and kill after kill: aim, SIGKILL, verify.
 *
 * Each verification reads the store through the independent verifier and holds it against what the writers were told. Writers
 * that were not killed write on meanwhile; after a kill of all, the store is sometimes first opened again.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { DriverName } from '../../../src/index.ts'
import type { Child } from '../child.ts'
import { type Counts, Ledger } from '../ledger.ts'
import { SeededRandom } from '../seeded-random.ts'
import { horizonOf } from '../verify/check-history.ts'
import { type RawStore, readStore } from '../verify/raw-store.ts'
import { type Known, verifyStore } from '../verify/verify-store.ts'
import type { WriterPlant } from '../writer-setup.ts'
import { type Aim, chooseAims } from './aims.ts'
import { Crew, type Orders } from './crew.ts'
import { Trap } from './trap.ts'

export interface CampaignSetup {
  readonly directory: string
  readonly driver: DriverName
  readonly writers: number
  readonly kills: number
  readonly seed: string
  readonly plant: WriterPlant | undefined
}

/** What kills met. */
export interface Reached {
  kills: number
  checkpoint: number
  prune: number
  migration: number
  /** Processes that had not opened their store yet. */
  opening: number
  /** Openings of a store that all had died on, with commits in its write-ahead log. */
  recoveries: number
  /** Verifications that folded everything, and that had to begin at the horizon. */
  folded: number
  fromHorizon: number
}

export interface CampaignResult {
  readonly reached: Reached
  readonly counts: Counts
  readonly problems: readonly string[]
}

/** Commits kept by writers, and by one whose start is to prune what the others kept. */
const kept = 3000
const keptByPruner = 1000
const worthPruning = 1800

/** Pace: about 900 commits a second together, so that pruning does not overtake the verifications. */
const paces: Readonly<Record<number, { readonly loops: number; readonly pauseMs: number }>> = {
  1: { loops: 6, pauseMs: 10 },
  2: { loops: 4, pauseMs: 14 },
  4: { loops: 4, pauseMs: 28 },
}
const bulk = 2000

export class Campaign {
  readonly #setup: CampaignSetup
  readonly #random: SeededRandom
  readonly #ledger = new Ledger(keptByPruner)
  readonly #crew: Crew
  readonly #reached: Reached = { kills: 0, checkpoint: 0, prune: 0, migration: 0, opening: 0, recoveries: 0, folded: 0, fromHorizon: 0 }
  readonly #problems: string[] = []
  #version = 1
  #known: Known | undefined
  #horizon = 0
  /** The store has been seen to exist. */
  #wasOpen = false

  constructor(setup: CampaignSetup) {
    this.#setup = setup
    this.#random = new SeededRandom(setup.seed)
    const names = Array.from({ length: setup.writers }, (_, i) => `w${i + 1}`)
    this.#crew = new Crew(names, this.#ledger)
  }

  async run(): Promise<CampaignResult> {
    try {
      for (const aim of chooseAims(this.#setup.kills, this.#random)) {
        await this.#strike(aim)
        await this.#verify()
        if (this.#problems.length > 0) break
        this.#reached.kills += 1
      }
      if (this.#problems.length === 0) await this.#finish()
    } catch (error) {
      this.#problems.push(...this.#crew.problems.splice(0), error instanceof Error ? (error.stack ?? error.message) : String(error))
    } finally {
      await this.#crew.kill(this.#crew.children)
    }
    return { reached: this.#reached, counts: this.#ledger.counts, problems: this.#problems }
  }

  async #strike(aim: Aim): Promise<void> {
    if (aim === 'migration') await this.#prepareMigration()
    const pruner = aim === 'prune' ? await this.#preparePruning() : undefined
    this.#noteRecovery()
    const trap = this.#trapFor(aim)
    if (pruner !== undefined) this.#crew.startOne(pruner, this.#orders(keptByPruner))
    this.#crew.start(this.#orders(kept))
    const victims = await this.#whenToKill(aim, trap)
    this.#wasOpen ||= this.#crew.children.some(({ isOpen }) => isOpen)
    await this.#crew.kill(victims)
    this.#note(victims)
    if (this.#crew.isEmpty && this.#random.chance(0.4)) await this.#reopen()
  }

  /** Resolves at the moment of the kill with those to kill. */
  async #whenToKill(aim: Aim, trap: Trap | undefined): Promise<readonly Child[]> {
    const { children } = this.#crew
    const all = aim === 'all' || this.#random.chance(0.25)
    const choose = (child: Child): readonly Child[] => (all ? children : [child])
    if (trap !== undefined) return choose((await trap.sprung) ?? this.#random.pick(children))
    if (aim === 'opening') {
      const starting = children.filter(({ isOpen }) => !isOpen)
      await pause(this.#random.next() * 450)
      return choose(this.#random.pick(starting.length > 0 ? starting : children))
    }
    await this.#opened(children)
    await pause(this.#random.next() * 500)
    return choose(this.#random.pick(children))
  }

  #trapFor(aim: Aim): Trap | undefined {
    if (aim !== 'checkpoint' && aim !== 'prune' && aim !== 'migration') return undefined
    const skip = aim === 'prune' ? 1 + this.#random.below(4) : this.#random.below(2)
    const delayMs = aim === 'migration' ? this.#random.below(60) : this.#random.pick([0, 0, 0, 1, 2])
    const trap = new Trap({ phase: aim, skip: aim === 'migration' ? 0 : skip, delayMs })
    this.#crew.onMessage = (message, child) => trap.hear(message, child)
    return trap
  }

  /** Everything is at rest and verified; the next start has a migration to make. */
  async #prepareMigration(): Promise<void> {
    this.#crew.start(this.#orders(kept))
    await this.#opened(this.#crew.children)
    await this.#crew.stop(this.#crew.children)
    await this.#verify()
    this.#version += 1
    this.#crew.dropDoubts()
  }

  /** There is history to prune, all of it verified; the writer that is to prune it is not running. */
  async #preparePruning(): Promise<string> {
    this.#crew.start(this.#orders(kept))
    await this.#opened(this.#crew.children)
    const before = this.#ledger.counts.acknowledged
    const missing = worthPruning - ((this.#known?.revision ?? 0) - this.#horizon)
    const patience = AbortSignal.timeout(8000)
    while (this.#ledger.counts.acknowledged - before < missing && !patience.aborted) await pause(20)
    const pruner = this.#random.pick(this.#crew.children)
    await this.#crew.stop([pruner])
    await this.#verify()
    return pruner.name
  }

  async #reopen(): Promise<void> {
    this.#noteRecovery()
    this.#crew.start(this.#orders(kept))
    await this.#opened(this.#crew.children)
  }

  /** After the last kill the store works and closes, and is whole when nobody has it open. */
  async #finish(): Promise<void> {
    await this.#reopen()
    await pause(200)
    await this.#crew.stop(this.#crew.children)
    await this.#verify()
  }

  #orders(minCommits: number): Orders {
    const { directory, driver, writers, seed, plant } = this.#setup
    const pace = paces[writers] ?? { loops: 3, pauseMs: 10 * writers }
    const durabilities = ['process', 'power', 'power'] as const
    return {
      directory,
      driver,
      seed,
      version: this.#version,
      minCommits,
      durabilities,
      ...pace,
      bulk,
      follow: false,
      ...(plant && { plant }),
    }
  }

  /** Resolves when they all have opened, or ended. */
  async #opened(children: readonly Child[]): Promise<void> {
    const patience = AbortSignal.timeout(20_000)
    while (children.some(({ isOpen, hasEnded }) => !isOpen && !hasEnded)) {
      if (patience.aborted) throw new Error('A writer did not open its store within 20 s.')
      await pause(5)
    }
    this.#wasOpen = true
  }

  #note(victims: readonly Child[]): void {
    for (const child of victims) {
      if (!child.isOpen) this.#reached.opening += 1
      for (const phase of child.inside) this.#reached[phase] += 1
    }
  }

  #noteRecovery(): void {
    const log = join(this.#setup.directory, 'store.db-wal')
    if (this.#crew.isEmpty && existsSync(log) && statSync(log).size > 0) this.#reached.recoveries += 1
  }

  async #verify(): Promise<void> {
    this.#problems.push(...this.#crew.problems.splice(0))
    const marked = this.#ledger.mark()
    const store = this.#read()
    if (store === undefined) return
    const { problems, known, isFolded } = verifyStore(store, this.#known)
    this.#known = known
    this.#horizon = horizonOf(store).revision
    this.#reached[isFolded ? 'folded' : 'fromHorizon'] += 1
    this.#problems.push(...problems, ...this.#ledger.compare(store, marked, isFolded))
    // Lets the pipes be read that filled up meanwhile.
    await pause(0)
  }

  /** Undefined while there is no store yet, which it may be until one writer has opened it. */
  #read(): RawStore | undefined {
    try {
      return readStore(join(this.#setup.directory, 'store.db'))
    } catch (error) {
      if (!this.#wasOpen && /unable to open|no such table/.test(String(error))) return undefined
      throw error
    }
  }
}
