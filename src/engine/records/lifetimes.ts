/** When the records of a collection with a TTL were last written or renewed (rule R8): bookkeeping, in no history and under no revision. */
import type { Connection, Statement } from '../../sqlite/driver.ts'
import { boundLimit } from '../../sqlite/limit.ts'

/** Records deleted by one commit of a sweep, at most. */
const mostExpired = 1000

/** A record is renewed on disk once it has lived this part of its TTL: a viewer that reports each second writes four times a TTL. */
const renewedAfter = 0.25

export class Lifetimes {
  readonly #ttlMs: number
  readonly #renew: Statement
  readonly #expired: Statement
  readonly #bringBack: Statement

  constructor(connection: Connection, id: number, ttlMs: number) {
    this.#ttlMs = ttlMs
    this.#renew = connection.prepare(`UPDATE k${id} SET seen = ? WHERE key = ? AND seen < ?`)
    this.#expired = connection.prepare(`SELECT key FROM k${id} WHERE seen < ? ORDER BY seen ${boundLimit}`)
    this.#bringBack = connection.prepare(`UPDATE k${id} SET seen = ? WHERE seen > ?`)
  }

  /** Notes inside a commit that a record is wanted still. */
  renew(key: string, at: number): void {
    this.#renew.execute(at, key, at - this.#ttlMs * renewedAfter)
  }

  /** Keys of records that were not renewed since; the oldest first. */
  expired(before: number, limit: number = mostExpired): string[] {
    return this.#expired.all(before, limit).map(([key]) => key as string)
  }

  /** Nothing was seen later than now. */
  bringBack(now: number): void {
    this.#bringBack.execute(now, now)
  }
}
