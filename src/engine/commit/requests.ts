/** Outcomes of commits with an id, so that a request sent again runs once (rule C7). */
import { HoldfastError } from '../../base/error.ts'
import { fromStoredText, toStoredText } from '../../state/value.ts'
import type { Connection, Statement } from '../../sqlite/driver.ts'

/** What a commit with this id came to the first time. */
export interface RecordedOutcome {
  readonly revision: number
  readonly changed: boolean
  readonly value: unknown
}

/** Bytes of a recorded value, at most. */
const maxValueBytes = 64 * 1024

export interface RequestName {
  readonly actor: string
  readonly id: string
  readonly action: string
}

export class Requests {
  #find: Statement | undefined
  #record: Statement | undefined

  attach(connection: Connection): void {
    this.#find = connection.prepare('SELECT action, revision, changed, value FROM hf_request WHERE actor = ? AND id = ?')
    this.#record = connection.prepare('INSERT INTO hf_request (actor, id, action, revision, changed, value) VALUES (?, ?, ?, ?, ?, ?)')
  }

  /** @throws HoldfastError ID_REUSED when the actor used the id for another action */
  find({ actor, id, action }: RequestName): RecordedOutcome | undefined {
    const row = this.#find?.get(actor, id)
    if (row === undefined) return undefined
    const recordedAction = String(row[0])
    if (recordedAction !== action) {
      const details = { id, action, recordedAction }
      throw new HoldfastError(
        'ID_REUSED',
        `The id ${JSON.stringify(id)} was used for "${recordedAction}" before, now for "${action}".`,
        details,
      )
    }
    const text = row[3]
    return { revision: Number(row[1]), changed: row[2] === 1, value: typeof text === 'string' ? fromStoredText(text) : undefined }
  }

  /**
   * Records an outcome inside the open transaction.
   *
   * @returns the value as it will be given to whoever asks again
   * @throws HoldfastError VALUE_INVALID when the value is not plain data or too large to keep
   */
  record({ actor, id, action }: RequestName, revision: number, changed: boolean, value: unknown): unknown {
    const text = value === undefined ? null : toStoredText(value, 'the value of the commit')
    if (text !== null && Buffer.byteLength(text) > maxValueBytes) {
      const reason = `it has ${Buffer.byteLength(text)} bytes, and at most ${maxValueBytes} are kept with an id`
      throw new HoldfastError('VALUE_INVALID', `The value of the commit cannot be recorded: ${reason}.`, { path: '$', reason })
    }
    this.#record?.execute(actor, id, action, revision, changed ? 1 : 0, text)
    return text === null ? undefined : fromStoredText(text)
  }
}
