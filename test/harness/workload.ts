/** What a writer does until it is killed: commits of every sort, several at once, each announced before and reported after. */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { type CommitOptions, type Durability, isHoldfastError } from '../../src/index.ts'
import { type CommitPlan, perform, planCommit } from './commit-plan.ts'
import { tell } from './pipe.ts'
import { plantInto } from './plant.ts'
import { seal } from './record-body.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { HarnessStore, HarnessTx } from './state.ts'
import type { WriterSetup } from './writer-setup.ts'

/** What a callback throws that changes its mind. */
class Abandoned extends Error {}

/** Acknowledged ids that may be asked for again. */
const mostRemembered = 12

/** Records a commit puts when a store is filled at its beginning. */
const bulkOfCommit = 100

export class Workload {
  readonly #store: HarnessStore
  readonly #setup: WriterSetup
  readonly #random: SeededRandom
  readonly #remembered: string[] = []
  #count = 0
  #isStopped = false

  constructor(store: HarnessStore, setup: WriterSetup, random: SeededRandom) {
    this.#store = store
    this.#setup = setup
    this.#random = random
  }

  /** Resolves when it was stopped and every commit has its outcome. */
  async run(): Promise<void> {
    await this.#fill()
    for (const id of this.#setup.doubts) await this.#again(id, this.#plan(id))
    await Promise.all(Array.from({ length: this.#setup.loops }, () => this.#loop()))
  }

  stop(): void {
    this.#isStopped = true
  }

  async #loop(): Promise<void> {
    const { pauseMs } = this.#setup
    while (!this.#isStopped) {
      await this.#one()
      if (pauseMs > 0) await pause(this.#random.next() * pauseMs)
      else await nextTurn()
    }
  }

  async #one(): Promise<void> {
    const roll = this.#random.next()
    if (roll < 0.06) await this.#replay()
    else if (roll < 0.1) await this.#twins()
    else if (roll < 0.17) await this.#changeNothing()
    else if (roll < 0.23) await this.#abandon()
    else await this.#commit()
  }

  /** A commit; some with an id, some planned a while before they are made, so that what they expect has changed. */
  async #commit(): Promise<void> {
    const hasId = this.#random.chance(0.3)
    const plan = this.#plan(this.#label(hasId))
    if (this.#random.chance(0.3)) await nextTurn()
    await this.#attempt(plan.label, (tx) => perform(tx, plan), hasId ? plan.label : undefined)
  }

  async #changeNothing(): Promise<void> {
    await this.#attempt(this.#label(false), (tx) => {
      if (tx.items.get('hot1') !== undefined) tx.items.update('hot1', (item) => item)
    })
  }

  async #abandon(): Promise<void> {
    const plan = this.#plan(this.#label(false))
    await this.#attempt(plan.label, (tx) => {
      perform(tx, plan)
      throw new Abandoned()
    })
  }

  /** The same id twice at once: the second one must not run. */
  async #twins(): Promise<void> {
    const label = this.#label(true)
    const first = this.#plan(label)
    const second = this.#plan(label)
    await Promise.all([this.#attempt(label, (tx) => perform(tx, first), label), this.#again(label, second)])
  }

  async #replay(): Promise<void> {
    const id = this.#remembered.shift()
    if (id !== undefined) await this.#again(id, this.#plan(id))
  }

  /** Asks for a commit, of which it is not known whether it was made, or known that it was. */
  async #again(id: string, plan: CommitPlan): Promise<void> {
    let ran = false
    const callback = (tx: HarnessTx): void => {
      ran = true
      perform(tx, plan)
    }
    try {
      const asked = this.#setup.plant === 'run-id-twice' ? `${id}.again` : id
      const options = this.#options(id, asked)
      const { revision } = await this.#store.commit(callback, options)
      tell('again', id, revision, ran, options.durability)
    } catch (error) {
      this.#refused(id, error)
    }
  }

  async #attempt(label: string, callback: (tx: HarnessTx) => void, id?: string): Promise<void> {
    tell('issue', label)
    const options = this.#options(label, id)
    const planted = plantInto(callback, { store: this.#store, label, setup: this.#setup, random: this.#random })
    try {
      const { revision, changed } = await this.#store.commit(planted, options)
      tell('ack', label, revision, changed, options.durability)
      if (id !== undefined && this.#remembered.length < mostRemembered) this.#remembered.push(id)
    } catch (error) {
      this.#refused(label, error)
    }
  }

  #refused(label: string, error: unknown): void {
    const code = isHoldfastError(error) ? error.code : error instanceof Abandoned ? 'ABANDONED' : undefined
    if (code === undefined) tell('trouble', error instanceof Error ? (error.stack ?? error.message) : String(error))
    else tell('fail', label, code)
  }

  #plan(label: string): CommitPlan {
    return planCommit(this.#store, label, this.#random)
  }

  #options(label: string, id: string | undefined): CommitOptions & { readonly durability: Durability } {
    const durability = this.#random.pick(this.#setup.durabilities)
    const options = { label, actor: this.#setup.writer, durability }
    return id === undefined ? options : { ...options, id, action: 'write' }
  }

  #label(hasId: boolean): string {
    this.#count += 1
    return `${this.#setup.writer}.${this.#setup.life}.${this.#count}${hasId ? 'i' : ''}`
  }

  /** The records a store begins with. Killed in the middle, the next life goes on. */
  async #fill(): Promise<void> {
    const keys = Array.from({ length: this.#setup.bulk }, (_, i) => `bulk${i}`).filter((key) => this.#store.items.get(key) === undefined)
    for (let from = 0; from < keys.length && !this.#isStopped; from += bulkOfCommit) {
      const by = this.#label(false)
      const writes = keys.slice(from, from + bulkOfCommit).map((key) => (tx: HarnessTx) => {
        tx.items.put(seal({ key, by, group: 'bulk', pad: 'x'.repeat(100) }))
        return `put items ${key}`
      })
      await this.#attempt(by, (tx) => perform(tx, { label: by, writes }))
    }
  }
}
