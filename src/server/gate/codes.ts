/** One-time codes: each signs one browser in, soon after it was made (rule Z8). */
import * as crypto from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { digest, isSame } from './digest.ts'

/** By the clock that never steps. */
const lifetimeMs = 30_000

/** Codes that wait to be used; the oldest makes room. */
const maxPending = 16

interface Pending {
  readonly digest: Buffer
  readonly expiresAt: number
}

/** The codes of one server. They end with it: none is stored, and what is kept of them is a hash. */
export class OneTimeCodes {
  readonly #clock: Pick<Clock, 'elapsed'>
  #pending: readonly Pending[] = []

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock
  }

  /** A new code: 16 random bytes as 22 characters that need no escaping in an address. */
  issue(): string {
    const code = crypto.randomBytes(16).toString('base64url')
    const pending = { digest: digest(code), expiresAt: this.#clock.elapsed() + lifetimeMs }
    this.#pending = [...this.#live(), pending].slice(-maxPending)
    return code
  }

  /** True once for each code, within 30 s; it is void from then on. Compares with every code, whichever it is. */
  redeem(code: unknown): boolean {
    if (typeof code !== 'string' || code.length > 64) return false
    const given = digest(code)
    const live = this.#live()
    const others = live.filter((pending) => !isSame(pending.digest, given))
    this.#pending = others
    return others.length < live.length
  }

  #live(): readonly Pending[] {
    const now = this.#clock.elapsed()
    return this.#pending.filter(({ expiresAt }) => now < expiresAt)
  }
}
