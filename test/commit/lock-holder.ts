/** A program that takes a store's write lock with SQLite alone, as any other program could. */
import { join } from 'node:path'
import type { Connection } from '../../src/sqlite/driver.ts'
import { loadDriver } from '../../src/sqlite/load-driver.ts'
import { answer } from '../support/answer.ts'

let connection: Connection | undefined

const calls = {
  async lock(directory: string): Promise<void> {
    connection = (await loadDriver('node:sqlite')).open({ file: join(directory, 'store.db') })
    connection.exec('BEGIN IMMEDIATE')
  },
  /** Keeps a read transaction open: the log cannot be emptied while it is. */
  async read(directory: string): Promise<void> {
    connection = (await loadDriver('node:sqlite')).open({ file: join(directory, 'store.db') })
    connection.exec('BEGIN')
    connection.prepare('SELECT count(*) FROM hf_meta').get()
  },
  ping: (): string => 'pong',
  release: (): void => connection?.close(),
}

export type LockCalls = typeof calls

answer(calls)
