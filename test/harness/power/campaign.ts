/**
 * A store on a file system of its own, and cut after cut: writers and followers work, power goes, everything is verified when it
 * is back. Under `power` a process puts and deletes artifacts beside them.
 *
 * Under `power` nothing acknowledged and nothing seen by any follower may be gone. Under `process` the newest commits may be,
 * but not those promised under `power`, nor those that a follower in another process has seen (rule D7); and whoever has seen a
 * commit that is gone must be told so, at once and also after other commits have taken its number (F4, F5).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { DriverName, Durability } from '../../../src/index.ts'
import { Child } from '../child.ts'
import { Ledger } from '../ledger.ts'
import type { Message } from '../pipe.ts'
import { SeededRandom } from '../seeded-random.ts'
import { headOf } from '../verify/check-history.ts'
import { type RawStore, readStore } from '../verify/raw-store.ts'
import { type Known, verifyStore } from '../verify/verify-store.ts'
import { type EnginePlant, enginePlants, type WriterSetup } from '../writer-setup.ts'
import { askAboutCursors } from './aftermath.ts'
import { ArtifactsUnderPower } from './artifacts.ts'
import type { Ext4Image } from './ext4-image.ts'
import type { FollowerSetup } from './follower.ts'
import { type Sighting, Sightings } from './sightings.ts'

export const powerPlants = [...enginePlants, 'same-boot', 'unsynced-artifacts'] as const
export type PowerPlant = (typeof powerPlants)[number]

export interface PowerSetup {
  readonly image: Ext4Image
  readonly driver: DriverName
  readonly durability: Durability
  readonly cuts: number
  readonly seed: string
  readonly plant: PowerPlant | undefined
}

/** What the cuts met. */
export interface Reached {
  cuts: number
  /** Cuts that took commits nobody was promised. */
  tails: number
  /** Acknowledged commits that were gone, and were allowed to be. */
  lost: number
  /** Followers that had seen one that is gone. */
  misled: number
  checkpoint: number
  /** Before a writer had opened, and on a store that was just being made. */
  opening: number
  creating: number
  acknowledged: number
  seen: number
  /** Puts and deletes of artifacts acknowledged, and what cuts have left in the middle of some. */
  artifacts: number
  artifactsLeft: number
}

export interface PowerResult {
  readonly reached: Reached
  readonly problems: readonly string[]
  /** What never happened, and should have. */
  readonly missed: readonly string[]
}

/** Cuts after which a new, empty file system is begun with. */
const cutsOfImage = 8

/** Commits kept; more than are made between two cuts. */
const minCommits = 20_000

/** Cuts added to what was asked for, at most. */
const mostAdded = 6

/** Cursors of lost commits that are asked about, at most. */
const mostCursors = 24

export class PowerCampaign {
  readonly #setup: PowerSetup
  readonly #random: SeededRandom
  readonly #directory: string
  readonly #reached: Reached = {
    cuts: 0,
    tails: 0,
    lost: 0,
    misled: 0,
    checkpoint: 0,
    opening: 0,
    creating: 0,
    acknowledged: 0,
    seen: 0,
    artifacts: 0,
    artifactsLeft: 0,
  }
  readonly #problems: string[] = []
  readonly #sightings = new Sightings()
  #artifacts: ArtifactsUnderPower | undefined
  #ledger = new Ledger(minCommits)
  #known: Known | undefined
  /** Seen last by each follower, and still there. */
  #survivors: readonly Sighting[] = []
  /** Seen, and gone: to be told so for ever. */
  #misled: Sighting[] = []
  #children: Child[] = []
  #life = 0
  #boot = 0
  /** When power went, in `monotonicMs`; not yet: infinity. */
  #cutAt = Infinity

  constructor(setup: PowerSetup) {
    this.#setup = setup
    this.#random = new SeededRandom(setup.seed)
    this.#directory = join(setup.image.mountPoint, 'store')
  }

  async run(): Promise<PowerResult> {
    try {
      while (this.#problems.length === 0 && this.#needsCut()) {
        if (this.#reached.cuts % cutsOfImage === 0) this.#begin()
        await this.#work()
        await this.#cut()
        this.#verify()
        await this.#judgeArtifacts()
        if (this.#problems.length === 0 && this.#random.chance(0.8)) await this.#reopen()
        if (this.#problems.length === 0) this.#reached.cuts += 1
      }
    } catch (error) {
      this.#problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    } finally {
      for (const child of this.#children) child.kill()
      await Promise.all(this.#children.map((child) => child.ended))
      await this.#artifacts?.end(0)
    }
    return { reached: this.#reached, problems: this.#problems, missed: this.#missed() }
  }

  /** Cuts are added while something has not happened yet that the run is about. */
  #needsCut(): boolean {
    const { cuts } = this.#reached
    return cuts < this.#setup.cuts || (this.#missed().length > 0 && cuts < this.#setup.cuts + mostAdded)
  }

  /** What a run must have met, or it has shown little. */
  #missed(): readonly string[] {
    const needed = this.#setup.durability === 'power' ? (['tails', 'seen'] as const) : (['tails', 'lost', 'misled'] as const)
    return needed.filter((what) => this.#reached[what] === 0)
  }

  #begin(): void {
    this.#setup.image.format()
    this.#ledger = new Ledger(minCommits)
    this.#known = undefined
    this.#misled = []
    const { durability, plant, seed } = this.#setup
    // Their syncs take along what others have written, so not where it is about that.
    const isBeside = plant === 'unsynced-artifacts' || (plant === undefined && durability === 'power')
    const directory = join(this.#setup.image.mountPoint, 'shelf')
    this.#artifacts = isBeside ? new ArtifactsUnderPower({ directory, seed, isUnsynced: plant !== undefined }) : undefined
  }

  /** Writers and followers, until the moment of the cut. */
  async #work(): Promise<void> {
    this.#cutAt = Infinity
    this.#life += 1
    const isNew = !existsSync(this.#directory)
    this.#artifacts?.start(this.#life)
    // Now and then one writer alone, which asks for no sync: what it loses is what the weaker durability is about.
    const isPlain = this.#reached.cuts % 3 === 1
    const writers = isPlain ? 1 : this.#random.pick([1, 1, 2])
    for (let number = 1; number <= writers; number += 1) this.#start(`w${number}`, 'writer.ts', this.#writer(`w${number}`, isPlain))
    if (!isPlain && this.#random.chance(0.6)) this.#start('f1', 'power/follower.ts', this.#follower())
    const roll = this.#random.next()
    if (!isPlain && roll < (isNew ? 0.5 : 0.15)) {
      // While it opens, or makes, its store; or right after its first acknowledgements.
      await pause(this.#random.next() * (isNew ? 700 : 450))
    } else {
      await this.#opened()
      await pause(50 + this.#random.next() * 500)
    }
    if (isNew && this.#ledger.counts.acknowledged < 100) this.#reached.creating += 1
  }

  async #cut(): Promise<void> {
    if (this.#children.some(({ name, isOpen }) => name.startsWith('w') && !isOpen)) this.#reached.opening += 1
    if (this.#children.some(({ inside }) => inside.includes('checkpoint'))) this.#reached.checkpoint += 1
    this.#cutAt = this.#setup.image.cut()
    const artifactsEnded = this.#artifacts?.end(this.#cutAt)
    for (const child of this.#children) child.kill()
    await Promise.all([...this.#children.map((child) => child.ended), artifactsEnded])
    for (const { name } of this.#children) this.#ledger.bury(name)
    this.#children = []
    await this.#setup.image.restore()
    this.#boot += 1
  }

  async #judgeArtifacts(): Promise<void> {
    if (this.#artifacts === undefined) return
    const { problems, acknowledged, left } = await this.#artifacts.judge()
    this.#problems.push(...problems)
    this.#reached.artifacts += acknowledged
    this.#reached.artifactsLeft += left
  }

  #verify(): void {
    const { counts } = this.#ledger
    this.#reached.seen += this.#sightings.count
    const store = this.#read()
    if (store === undefined) {
      if (counts.acknowledged > 0) this.#problems.push(`LOST: the whole store, with ${counts.acknowledged} acknowledged commits`)
      return
    }
    const before = counts.doubtsNotMade
    const lostSightings = this.#sightings.findLost(store)
    this.#checkLoss(store, lostSightings)
    const marked = this.#ledger.mark()
    const { problems, known, isFolded } = verifyStore(store, this.#known)
    this.#known = known
    this.#problems.push(...problems, ...this.#ledger.compare(store, marked, isFolded))
    if (counts.doubtsNotMade > before) this.#reached.tails += 1
    this.#misled.push(...lostSightings)
    this.#survivors = this.#sightings.newest.filter((sighting) => !lostSightings.includes(sighting))
    this.#sightings.clear()
  }

  /** What is gone must have been allowed to go. */
  #checkLoss(store: RawStore, lost: readonly Sighting[]): void {
    const { revision: head } = headOf(store)
    const isWeak = this.#setup.durability === 'process'
    for (const { follower, revision, label } of lost) {
      if (isWeak && follower.startsWith('w')) continue
      this.#problems.push(`LOST: the follower of ${follower} has seen revision ${revision} (${label}), which is gone; the head is ${head}`)
      break
    }
    if (!isWeak) return
    const { promisedTo } = this.#ledger
    if (head < promisedTo) this.#problems.push(`LOST: revision ${promisedTo} was promised under power; the head is ${head}`)
    this.#reached.lost += this.#ledger.rewind(head)
    this.#reached.misled += new Set(lost.map(({ follower }) => follower)).size
  }

  async #reopen(): Promise<void> {
    this.#cutAt = Infinity
    this.#life += 1
    const { driver, durability } = this.#setup
    const problems = await askAboutCursors({
      lost: this.#random.shuffle(this.#misled).slice(0, mostCursors),
      // Where nothing is lost, everyone goes on from where he was. After a loss all are reset, to be safe.
      kept: durability === 'power' ? this.#survivors : [],
      setup: { directory: this.#directory, driver, bootId: this.#bootId, writer: 'r', life: this.#life },
      start: (setup, onMessage) => this.#start('r', 'power/reopen.ts', setup, onMessage),
    })
    this.#problems.push(...problems)
    this.#children = []
  }

  #start(name: string, program: string, setup: object, onMessage?: (message: Message) => void): Child {
    const child = new Child(name, program, setup, (message, _, saidAt) => {
      onMessage?.(message)
      this.#hear(message, name, saidAt >= this.#cutAt)
    })
    this.#children.push(child)
    return child
  }

  /** What is said after the cut counts for nothing, but that a commit was asked for: it may be there. */
  #hear(message: Message, name: string, isLate: boolean): void {
    const [what] = message
    if (isLate && what !== 'issue') return
    if (what === 'seen') this.#sightings.add({ follower: name, revision: message[1], cursor: message[2], label: message[3] })
    if (what === 'ack') this.#reached.acknowledged += 1
    this.#ledger.hear(message)
  }

  get #bootId(): string {
    return this.#setup.plant === 'same-boot' ? 'boot' : `boot-${this.#boot}`
  }

  #writer(writer: string, isPlain: boolean): WriterSetup {
    const { driver, durability, seed, plant } = this.#setup
    const isMixed = !isPlain && this.#random.chance(0.5)
    const durabilities: Durability[] = [durability, ...(isMixed ? [durability, durability, durability, 'power' as const] : [])]
    const planted = isOfEngine(plant) ? { plant } : {}
    const what = { directory: this.#directory, driver, writer, life: this.#life, seed, version: 1, minCommits, durabilities, bulk: 100 }
    return { ...what, loops: this.#random.pick([2, 16, 48]), pauseMs: 0, doubts: [], bootId: this.#bootId, follow: true, ...planted }
  }

  #follower(): FollowerSetup {
    const { driver, plant } = this.#setup
    const planted = isOfEngine(plant) ? { plant } : {}
    return { directory: this.#directory, driver, bootId: this.#bootId, ...planted }
  }

  async #opened(): Promise<void> {
    await this.#artifacts?.opened()
    const patience = AbortSignal.timeout(20_000)
    while (this.#children.some(({ isOpen, hasEnded }) => !isOpen && !hasEnded)) {
      if (patience.aborted) throw new Error('A process did not open its store within 20 s.')
      await pause(5)
    }
  }

  /** Undefined when there is no store yet. */
  #read(): RawStore | undefined {
    try {
      return readStore(join(this.#directory, 'store.db'))
    } catch (error) {
      if (/unable to open|no such table/.test(String(error))) return undefined
      throw error
    }
  }
}

function isOfEngine(plant: PowerPlant | undefined): plant is EnginePlant {
  return enginePlants.some((known) => known === plant)
}
