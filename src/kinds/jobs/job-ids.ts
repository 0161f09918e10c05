/** Names that a queue gives. */
import { randomName } from '../../engine/identity.ts'

/** Until the year 5138. */
const timeDigits = 9
const countDigits = 4

/** Ids of jobs: unique, and in the order the jobs were enqueued by one process. */
export class JobIds {
  readonly #name = randomName()
  #at = 0
  #time = ''
  #count = 0

  /** The time, a count within it, and a random name of whoever counts: `0mib1k2z70000-5dV_x3aQ`. */
  next(at: number): string {
    // A clock that is set back does not make ids go back.
    if (at > this.#at) {
      this.#at = at
      this.#time = at.toString(36).padStart(timeDigits, '0')
      this.#count = 0
    } else this.#count += 1
    return `${this.#time}${this.#count.toString(36).padStart(countDigits, '0')}-${this.#name}`
  }
}

/** Tokens of attempts: an open store has a random name of its own, and counts. */
export class Tokens {
  #count = 0

  next(owner: string): string {
    this.#count += 1
    return `${owner}:${this.#count}`
  }
}
