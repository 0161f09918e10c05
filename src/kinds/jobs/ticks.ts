/** Up to which time each schedule has been served. A schedule that is declared otherwise is another one. */
import type { Connection, Statement } from '../../sqlite/driver.ts'
import type { ReadSchedule } from '../../state/jobs-kind.ts'

export class Ticks {
  readonly #id: number
  #read: Statement | undefined
  #begin: Statement | undefined
  #advance: Statement | undefined

  constructor(id: number) {
    this.#id = id
  }

  attach(connection: Connection | undefined): void {
    const table = `k${this.#id}_tick`
    this.#read = connection?.prepare(`SELECT at FROM ${table} WHERE name = ? AND cron = ?`)
    this.#begin = connection?.prepare(`INSERT INTO ${table} (name, cron, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`)
    this.#advance = connection?.prepare(`UPDATE ${table} SET at = ? WHERE name = ? AND cron = ? AND at < ?`)
  }

  /** Undefined for a schedule that is new to the store. */
  servedTo(schedule: ReadSchedule): number | undefined {
    const row = this.#read?.get(schedule.name, cronOf(schedule))
    return row === undefined ? undefined : Number(row[0])
  }

  /** A new schedule is served from now on. */
  begin(schedule: ReadSchedule, at: number): void {
    this.#begin?.execute(schedule.name, cronOf(schedule), at)
  }

  /** False when somebody has served that time already. */
  advance(schedule: ReadSchedule, at: number): boolean {
    return this.#advance?.run(at, schedule.name, cronOf(schedule), at) === 1
  }
}

function cronOf({ cron, timeZone = '' }: ReadSchedule): string {
  return `${cron} ${timeZone}`
}
