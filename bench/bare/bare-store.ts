/** The tables of a store under a bare connection, and the prepared statements that write its rows. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { planCollection } from '../../src/kinds/collection/tables.ts'
import { planLog } from '../../src/kinds/log/tables.ts'
import { countWalStart, createSystemTables } from '../../src/sqlite/tables.ts'
import { hostsKind, linesKind } from '../workload/bench-state.ts'
import { type BareConnection, type BareOptions, type BareStatement, openBare } from './bare-connection.ts'
import { type AppendRows, type CommitBinds, hostsId, linesId, type PutRows, type RecordBinds } from './bare-rows.ts'

export class BareStore {
  readonly connection: BareConnection
  readonly #begin: BareStatement
  readonly #commit: BareStatement
  readonly #insert: BareStatement
  readonly #update: BareStatement
  readonly #append: BareStatement
  readonly #history: BareStatement
  readonly #truncate: BareStatement
  readonly #countWalStart: BareStatement

  constructor(directory: string, options: Omit<BareOptions, 'file'>) {
    mkdirSync(directory, { recursive: true })
    const connection = openBare({ ...options, file: join(directory, 'store.db') })
    connection.exec(createSystemTables)
    for (const { steps } of [planCollection(hostsId, undefined, hostsKind), planLog(linesId, undefined, linesKind)]) {
      for (const [sql] of steps) connection.exec(sql)
    }
    this.connection = connection
    this.#begin = connection.action('BEGIN IMMEDIATE')
    this.#commit = connection.action('COMMIT')
    this.#insert = connection.action(`INSERT INTO k${hostsId} (key, value, revision, at, crc, f0, f1) VALUES (?, ?, ?, ?, ?, ?, ?)`)
    this.#update = connection.action(`UPDATE k${hostsId} SET value = ?, revision = ?, at = ?, crc = ?, f0 = ?, f1 = ? WHERE key = ?`)
    this.#append = connection.action(`INSERT INTO k${linesId} (seq, stream, value, revision, at, crc) VALUES (?, ?, ?, ?, ?, ?)`)
    this.#history = connection.action(
      'INSERT INTO hf_commit (revision, chain, at, instance, counter, actor, label, position, changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#truncate = connection.query('PRAGMA wal_checkpoint(TRUNCATE)')
    this.#countWalStart = connection.action(countWalStart)
  }

  /** Copies the log into the database, as Holdfast's helper does, and writes the new log's header. */
  settle(): void {
    this.#truncate.get()
    this.#countWalStart.run()
  }

  /** One transaction around all that `write` does. */
  transact(write: () => void): void {
    this.#begin.run()
    write()
    this.#commit.run()
  }

  put({ record, isReplacing, commit }: PutRows): void {
    this.putRecord(record, isReplacing)
    this.#writeHistory(commit)
  }

  /** The record alone, without its commit. */
  putRecord([key, value, revision, at, crc, f0, f1]: RecordBinds, isReplacing: boolean): void {
    if (isReplacing) this.#update.run(value, revision, at, crc, f0, f1, key)
    else this.#insert.run(key, value, revision, at, crc, f0, f1)
  }

  append({ entry, commit }: AppendRows): void {
    this.appendEntry(entry)
    this.#writeHistory(commit)
  }

  appendEntry([seq, stream, value, revision, at, crc]: AppendRows['entry']): void {
    this.#append.run(seq, stream, value, revision, at, crc)
  }

  close(): void {
    this.connection.close()
  }

  #writeHistory([revision, chain, at, instance, counter, actor, label, position, changes]: CommitBinds): void {
    this.#history.run(revision, chain, at, instance, counter, actor, label, position, changes)
  }
}
