/** Chance that can be had again: the same name gives the same numbers. */
import { createHash } from 'node:crypto'

export class SeededRandom {
  #state: number

  /** @param name what the numbers are for, with the seed in it: `7/kill/w1/3` */
  constructor(name: string) {
    this.#state = createHash('sha256').update(name).digest().readUInt32LE()
  }

  /** In [0, 1); mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 and below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** True in `share` of all calls. */
  chance(share: number): boolean {
    return this.next() < share
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items]
    for (let at = shuffled.length - 1; at > 0; at -= 1) {
      const other = this.below(at + 1)
      ;[shuffled[at], shuffled[other]] = [shuffled[other] as Item, shuffled[at] as Item]
    }
    return shuffled
  }
}
