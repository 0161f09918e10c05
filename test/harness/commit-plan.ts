/** One commit of a writer: decided by chance before it is asked for, carried out in its callback. */
import { type Item, type Line, reseal, seal } from './record-body.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { HarnessStore, HarnessTx } from './state.ts'

/** Carries out one write of the commit labelled `by` and says what it did, as `op kind key`; undefined when there was nothing to do. */
export type Write = (tx: HarnessTx, by: string) => string | undefined

export interface CommitPlan {
  readonly label: string
  readonly writes: readonly Write[]
}

/** Keys that all writers fight over, and keys that they rarely meet on. */
const hotKeys = 6
const wideKeys = 300
const tickets = 40
const streams = 6

/** Plans the writes of one commit, on different records each. */
export function planCommit(store: HarnessStore, label: string, random: SeededRandom): CommitPlan {
  const planner = new Planner(store, label, random)
  const count = 1 + random.below(4)
  return { label, writes: Array.from({ length: count }, () => planner.next()) }
}

/** Carries out a plan. Its last entry in the log lists what it did, so that a part of a commit is known from the whole. */
export function perform(tx: HarnessTx, { label, writes }: CommitPlan): void {
  const done = writes.map((write) => write(tx, label)).filter((did) => did !== undefined)
  append(tx, label, { stream: label.split('.')[0] ?? '', writes: done })
}

function append(tx: HarnessTx, by: string, { stream, ...content }: Partial<Line> & { readonly stream: string }): void {
  tx.events.append(seal({ by, pad: '', ...content }), { stream })
}

class Planner {
  readonly #store: HarnessStore
  readonly #label: string
  readonly #random: SeededRandom
  readonly #taken = new Set<string>()

  constructor(store: HarnessStore, label: string, random: SeededRandom) {
    this.#store = store
    this.#label = label
    this.#random = random
  }

  next(): Write {
    const write = this.#random.pick([
      () => this.#putItem(),
      () => this.#putItem(),
      () => this.#insertItem(),
      () => this.#updateItem(),
      () => this.#deleteItem(),
      () => this.#putSecret(),
      () => this.#deleteSecret(),
      () => this.#setTitle(),
      () => this.#appendEvent(),
      () => this.#appendEvent(),
    ])
    return write()
  }

  #putItem(): Write {
    const key = this.#key()
    const { expect, options } = this.#expectation(key)
    const item = this.#item(key, expect)
    return (tx) => {
      tx.items.put(item, options)
      return `put items ${key}`
    }
  }

  #insertItem(): Write {
    const key = this.#key()
    const item = this.#item(key, undefined)
    return (tx) => {
      if (this.#random.chance(0.7) && tx.items.get(key) !== undefined) return undefined
      tx.items.insert(item)
      return `put items ${key}`
    }
  }

  #updateItem(): Write {
    const key = this.#key()
    const { expect, options } = this.#expectation(key)
    const item = this.#item(key, expect)
    return (tx) => {
      if (expect === undefined && tx.items.get(key) === undefined) return undefined
      tx.items.update(key, ({ group }) => reseal(item, { group }), options)
      return `put items ${key}`
    }
  }

  #deleteItem(): Write {
    const key = this.#key()
    const { options } = this.#expectation(key)
    return (tx) => (tx.items.delete(key, options) ? `delete items ${key}` : undefined)
  }

  #putSecret(): Write {
    const key = this.#key()
    const secret = this.#item(key, undefined)
    return (tx) => {
      tx.vault.put(secret)
      return `put vault ${key}`
    }
  }

  #deleteSecret(): Write {
    const key = this.#key()
    return (tx) => (tx.vault.delete(key) ? `delete vault ${key}` : undefined)
  }

  #setTitle(): Write {
    if (!this.#take('title')) return this.#appendEvent()
    const isDelete = this.#random.chance(0.2)
    const revision = this.#store.title.entry()?.revision ?? null
    const expect = this.#random.chance(0.3) ? revision : undefined
    const options = expect === undefined ? {} : { expect }
    const body = seal({ by: this.#label, ...(expect === undefined ? {} : { over: expect }), pad: this.#pad() })
    return (tx) => {
      if (isDelete) return tx.title.delete(options) ? 'delete title' : undefined
      tx.title.set(body, options)
      return 'put title'
    }
  }

  #appendEvent(): Write {
    const stream = `s${this.#random.below(streams)}`
    const pad = this.#pad()
    return (tx) => {
      append(tx, this.#label, { stream, pad })
      return `append ${stream}`
    }
  }

  /** Reads a revision now that the callback will insist on later. */
  #expectation(key: string): { readonly expect: number | null | undefined; readonly options: { readonly expect?: number | null } } {
    if (!this.#random.chance(0.35)) return { expect: undefined, options: {} }
    const expect = this.#store.items.entry(key)?.revision ?? null
    return { expect, options: { expect } }
  }

  #item(key: string, expect: number | null | undefined): Item {
    return seal({
      key,
      by: this.#label,
      ...(expect === undefined ? {} : { over: expect }),
      group: `g${this.#random.below(8)}`,
      ...(this.#random.chance(0.7) ? { rank: this.#random.below(1000) - 500 } : {}),
      ...(this.#random.chance(0.05) ? { ticket: `t${this.#random.below(tickets)}` } : {}),
      pad: this.#pad(),
    })
  }

  /** A key that this commit does not write yet; none is left only if the commit has very many writes. */
  #key(): string {
    for (;;) {
      const key = this.#random.chance(0.4) ? `hot${this.#random.below(hotKeys)}` : `wide${this.#random.below(wideKeys)}`
      if (this.#take(key)) return key
    }
  }

  #take(key: string): boolean {
    if (this.#taken.has(key)) return false
    this.#taken.add(key)
    return true
  }

  #pad(): string {
    const length = this.#random.chance(0.04) ? this.#random.below(12_000) : this.#random.below(160)
    return String.fromCharCode(97 + this.#random.below(26)).repeat(length)
  }
}
