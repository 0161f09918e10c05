/** One-time codes: each signs one browser in, soon after it was made (rule Z8). */
import * as crypto from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { digest, isSame } from './digest.ts'

/** By the clock that never steps. */
const lifetimeMs = 30_000

/** Codes that wait to be used; the oldest makes room. */
const maxPending = 16

interface Pending<Purpose> {
  readonly digest: Buffer
  readonly expiresAt: number
  readonly purpose: Purpose
}

/** A code that was valid, and what it was made for. */
export interface Redeemed<Purpose> {
  readonly purpose: Purpose
}

/** The codes of one server. They end with it: none is stored, and what is kept of them is a hash. */
export class OneTimeCodes<Purpose = undefined> {
  readonly #clock: Pick<Clock, 'elapsed'>
  #pending: readonly Pending<Purpose>[] = []

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock
  }

  /** A new code: 16 random bytes as 22 characters that need no escaping in an address. */
  issue(purpose: Purpose): string {
    const code = crypto.randomBytes(16).toString('base64url')
    const pending = { digest: digest(code), expiresAt: this.#clock.elapsed() + lifetimeMs, purpose }
    this.#pending = [...this.#live(), pending].slice(-maxPending)
    return code
  }

  /** What a code was made for, once, within 30 s; it is void from then on. Compares with every code, whichever it is. */
  redeem(code: unknown): Redeemed<Purpose> | undefined {
    if (typeof code !== 'string' || code.length > 64) return undefined
    const given = digest(code)
    const live = this.#live()
    const redeemed = live.filter((pending) => isSame(pending.digest, given))
    this.#pending = live.filter((pending) => !redeemed.includes(pending))
    return redeemed[0]
  }

  #live(): readonly Pending<Purpose>[] {
    const now = this.#clock.elapsed()
    return this.#pending.filter(({ expiresAt }) => now < expiresAt)
  }
}
