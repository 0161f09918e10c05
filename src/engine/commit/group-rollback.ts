/**
 * How one commit of a group is undone without the others (rule C5).
 *
 * A savepoint for each commit would do, but SQLite then copies every page the commit touches: 3 µs of the 18 µs a small commit takes.
 * Commits seldom fail, so a group has one savepoint at its begin, and the statements that change rows are remembered. When a commit
 * fails after it wrote, the group goes back to its begin, never letting go of the write lock, and the statements of the commits
 * before are run again: same statements, same binds, same rows. The rest of that group has a savepoint for each commit, so that many
 * failures cost no more than they would have.
 */
import type { Connection, Statement } from '../../sqlite/driver.ts'

export class GroupRollback {
  readonly #connection: Connection
  readonly #beginGroup: Statement
  readonly #toGroup: Statement
  readonly #beginOne: Statement
  readonly #toOne: Statement
  readonly #endOne: Statement
  #hasSavepoints = false
  /** Steps of the commits before the one that runs. */
  #before = 0

  constructor(connection: Connection) {
    this.#connection = connection
    this.#beginGroup = connection.prepare('SAVEPOINT whole')
    this.#toGroup = connection.prepare('ROLLBACK TO whole')
    this.#beginOne = connection.prepare('SAVEPOINT one')
    this.#toOne = connection.prepare('ROLLBACK TO one')
    this.#endOne = connection.prepare('RELEASE one')
  }

  /** Call inside the new transaction. */
  beginGroup(): void {
    this.#hasSavepoints = false
    this.#beginGroup.run()
    this.#connection.journal.begin()
  }

  /** Call before COMMIT, and when the group has failed as a whole. */
  endGroup(): void {
    this.#connection.journal.end()
  }

  beginCommit(): void {
    if (this.#hasSavepoints) this.#beginOne.run()
    else this.#before = this.#connection.journal.length
  }

  endCommit(): void {
    if (this.#hasSavepoints) this.#endOne.run()
  }

  /** Undoes the commit that began last. @throws what SQLite throws; then the whole group is lost */
  undoCommit(): void {
    const { journal } = this.#connection
    if (this.#hasSavepoints) {
      this.#toOne.run()
      this.#endOne.run()
    } else if (journal.length > this.#before) {
      this.#toGroup.run()
      journal.repeat(this.#before)
      this.#hasSavepoints = true
    }
  }
}
