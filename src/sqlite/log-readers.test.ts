import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { findLogReaders } from './log-readers.ts'

test.runIf(process.platform === 'linux')('[D2] names the processes that hold a read transaction on the log, and no others', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-readers-'))
  const file = join(directory, 'store.db')
  const writer = new DatabaseSync(file)
  writer.exec('PRAGMA journal_mode = wal; CREATE TABLE t (x); INSERT INTO t VALUES (1)')
  expect(findLogReaders(file)).toEqual([])
  const reader = new DatabaseSync(file, { readOnly: true })
  reader.exec('BEGIN; SELECT * FROM t')
  expect(findLogReaders(file)).toEqual([process.pid])
  reader.exec('COMMIT')
  expect(findLogReaders(file)).toEqual([])
  expect(findLogReaders(join(directory, 'none.db'))).toEqual([])
  reader.close()
  writer.close()
  rmSync(directory, { recursive: true })
})
