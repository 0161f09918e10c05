/** The leases of a queue: who may run which job until when. Statements only; what they mean is the transitions' business. */
import type { Connection, Statement } from '../../sqlite/driver.ts'
import type { Step } from '../../sqlite/helper-protocol.ts'

/** The right to run one attempt of a job. */
export interface Hold {
  readonly id: string
  /** One an attempt. */
  readonly token: string
  readonly attempt: number
}

/** A lease as it is stored. */
export interface Lease {
  readonly job: string
  readonly token: string
  /** The open store that holds it. */
  readonly owner: string
  /** Its process, as `nameProcess` names it. */
  readonly process: string
  /** Heartbeats that it has left. */
  readonly beats: number
  /** Milliseconds since 1970. */
  readonly expires: number
}

export class Leases {
  readonly #id: number
  #grant: Statement | undefined
  #holds: Statement | undefined
  #isSame: Statement | undefined
  #end: Statement | undefined
  #release: Statement | undefined
  #all: Statement | undefined

  constructor(id: number) {
    this.#id = id
  }

  attach(connection: Connection | undefined): void {
    const table = `k${this.#id}_lease`
    this.#grant = connection?.prepare(
      `INSERT OR REPLACE INTO ${table} (job, token, owner, process, beats, expires) VALUES (?, ?, ?, ?, ?, ?)`,
    )
    this.#holds = connection?.prepare(`SELECT 1 FROM ${table} WHERE job = ? AND token = ?`)
    this.#isSame = connection?.prepare(`SELECT 1 FROM ${table} WHERE job = ? AND token = ? AND beats = ?`)
    this.#end = connection?.prepare(`DELETE FROM ${table} WHERE job = ?`)
    this.#release = connection?.prepare(`DELETE FROM ${table} WHERE job = ? AND token = ?`)
    this.#all = connection?.prepare(`SELECT job, token, owner, process, beats, expires FROM ${table}`)
  }

  grant({ job, token, owner, process, beats, expires }: Lease): void {
    this.#grant?.execute(job, token, owner, process, beats, expires)
  }

  holds({ id, token }: Pick<Hold, 'id' | 'token'>): boolean {
    return this.#holds?.get(id, token) !== undefined
  }

  /** It was not renewed since it was read. */
  isUnchanged({ job, token, beats }: Lease): boolean {
    return this.#isSame?.get(job, token, beats) !== undefined
  }

  /** Ends the lease of an attempt; false when it is not that attempt's any more. */
  release({ id, token }: Pick<Hold, 'id' | 'token'>): boolean {
    return this.#release?.run(id, token) === 1
  }

  end(job: string): void {
    this.#end?.execute(job)
  }

  /** As many as there are running jobs. */
  all(): readonly Lease[] {
    return (this.#all?.all() ?? []).map(([job, token, owner, process, beats, expires]) => ({
      job: String(job),
      token: String(token),
      owner: String(owner),
      process: String(process),
      beats: Number(beats),
      expires: Number(expires),
    }))
  }

  /** The heartbeat, for the helper: renews what an open store holds, as long as its attempts may take. The time is SQLite's. */
  renewal(owner: string, leaseMs: number): Step {
    const sql = `UPDATE k${this.#id}_lease SET beats = beats - 1, expires = CAST(unixepoch('subsec') * 1000 AS INTEGER) + ? WHERE owner = ? AND beats > 0`
    return [sql, leaseMs, owner]
  }
}

/** Heartbeats come three to a lease. */
export function heartbeatMs(leaseMs: number): number {
  return Math.max(1, Math.floor(leaseMs / 3))
}
