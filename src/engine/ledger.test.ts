import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Connection } from '../sqlite/driver.ts'
import { loadDriver } from '../sqlite/load-driver.ts'
import { createSystemTables, newStoreMeta, writeMeta } from '../sqlite/tables.ts'
import { firstChain } from './identity.ts'
import { Ledger } from './ledger.ts'

let directory: string
let mine: Connection
let other: Connection
let ledger: Ledger

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ledger-'))
  const driver = await loadDriver('node:sqlite')
  const file = join(directory, 'store.db')
  mine = driver.open({ file, create: true })
  mine.exec('PRAGMA journal_mode = wal')
  mine.exec(createSystemTables)
  const meta = newStoreMeta({
    storeId: 'id',
    epoch: 'epoch_01',
    stateName: 's',
    stateVersion: 2,
    createdAt: 0,
    chain: firstChain('epoch_01'),
  })
  for (const [name, value] of meta) mine.prepare(writeMeta).run(name, value)
  other = driver.open({ file })
  ledger = new Ledger(directory)
  ledger.attach(mine)
})

afterEach(() => {
  mine.close()
  other.close()
  rmSync(directory, { recursive: true })
})

const commit = (revision: number): void => {
  other
    .prepare('INSERT INTO hf_commit (revision, chain, at, instance, counter, position, changes) VALUES (?, ?, 0, ?, 1, ?, ?)')
    .run(revision, `chain ${revision}`, 'i', revision * 100, '[]')
}

/** Looks as the engine does: inside a transaction. */
function look(): ReturnType<Ledger['refresh']> {
  mine.exec('BEGIN')
  try {
    return ledger.refresh()
  } finally {
    mine.exec('COMMIT')
  }
}

test('an empty history has its horizon for a head', () => {
  expect(ledger).toMatchObject({ epoch: 'epoch_01', storeId: 'id', stateVersion: 2, layout: 0 })
  expect(ledger.head).toEqual({ revision: 0, chain: firstChain('epoch_01'), position: 0 })
  expect(ledger.head).toEqual(ledger.horizon)
})

test('what other connections commit is found once; what this one writes is not looked for', () => {
  expect(look()).toBeUndefined()
  const { generation } = ledger
  commit(1)
  commit(2)
  expect(look()).toEqual({ headMoved: true, epochChanged: false, layoutChanged: false })
  expect(ledger.head).toEqual({ revision: 2, chain: 'chain 2', position: 200 })
  expect(ledger.generation).toBe(generation + 1)
  expect(look()).toBeUndefined()
  mine.prepare(writeMeta).run('layout', 7)
  expect(look()).toBeUndefined()
  expect(ledger.generation).toBe(generation + 1)
})

test('[F5] a new epoch, changed tables and a moved horizon are told apart', () => {
  commit(1)
  look()
  other.prepare(writeMeta).run('epoch', 'epoch_02')
  expect(look()).toEqual({ headMoved: false, epochChanged: true, layoutChanged: false })
  other.prepare(writeMeta).run('layout', 1)
  expect(look()).toEqual({ headMoved: false, epochChanged: false, layoutChanged: true })
  other.exec(
    "BEGIN; DELETE FROM hf_commit; UPDATE hf_meta SET value = CASE name WHEN 'horizon_revision' THEN 1 WHEN 'horizon_position' THEN 100 ELSE 'chain 1' END WHERE name GLOB 'horizon*'; COMMIT",
  )
  expect(look()).toEqual({ headMoved: false, epochChanged: false, layoutChanged: false })
  expect([ledger.horizon, ledger.head]).toEqual([
    { revision: 1, chain: 'chain 1', position: 100 },
    { revision: 1, chain: 'chain 1', position: 100 },
  ])
})

test('[M3] a later version of the state is refused each time, until there is an earlier one again', () => {
  other.prepare(writeMeta).run('state_version', 3)
  for (let i = 0; i < 2; i += 1) {
    expect(look).toThrow(expect.objectContaining({ code: 'STORE_NEWER', details: { directory, stored: 3, supported: 2, what: 'state' } }))
  }
  other.prepare(writeMeta).run('state_version', 2)
  expect(look()).toMatchObject({ headMoved: false })
})

test('attaching to a fresh connection reads everything anew', () => {
  commit(1)
  const { generation } = ledger
  ledger.attach(other)
  expect([ledger.head.revision, ledger.generation]).toEqual([1, generation + 1])
})
