import { afterEach, beforeEach, expect, test } from 'vitest'
import { HoldfastError } from '../base/error.ts'
import type { Connection } from '../sqlite/driver.ts'
import { loadDriver } from '../sqlite/load-driver.ts'
import { Turn } from './turn.ts'

let connection: Connection
let begun: string[]
let turn: Turn
let onBegin: () => void

beforeEach(async () => {
  connection = (await loadDriver('node:sqlite')).open({ file: ':memory:' })
  begun = []
  onBegin = () => undefined
  turn = new Turn(() => {
    begun.push(connection.inTransaction ? 'inside' : 'outside')
    onBegin()
  })
  turn.attach(connection)
})

afterEach(() => connection.close())

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('[R1] all reads of a turn share one transaction, which ends with the turn', async () => {
  turn.begin()
  turn.begin()
  await Promise.resolve()
  turn.begin()
  expect([begun, turn.isOpen, connection.inTransaction]).toEqual([['inside'], true, true])
  await nextTurn()
  expect([turn.isOpen, connection.inTransaction]).toEqual([false, false])
  turn.begin()
  expect(begun).toEqual(['inside', 'inside'])
  await nextTurn()
  expect(connection.inTransaction).toBe(false)
})

test('a turn can be ended early, and ending it again does nothing', async () => {
  turn.begin()
  turn.end()
  turn.end()
  expect(connection.inTransaction).toBe(false)
  // The timer of the turn that was ended does not end the one that begins now.
  turn.begin()
  turn.end()
  connection.exec('BEGIN')
  await nextTurn()
  expect(connection.inTransaction).toBe(true)
  connection.exec('COMMIT')
})

test('a look that fails leaves no transaction behind, and the next read tries again', () => {
  onBegin = () => {
    throw new Error('damaged')
  }
  expect(() => turn.begin()).toThrow('damaged')
  expect([turn.isOpen, connection.inTransaction]).toEqual([false, false])
  onBegin = () => undefined
  turn.begin()
  expect([turn.isOpen, begun.length]).toEqual([true, 2])
  turn.end()
})

test('a process that recovers the log is waited for, but not long', () => {
  const busy = new HoldfastError('STORE_BUSY', 'It recovers.', { waitedMs: 0 })
  let tries = 0
  onBegin = () => {
    tries += 1
    if (tries < 5) throw busy
  }
  turn.begin()
  expect(tries).toBe(5)
  turn.end()
  onBegin = () => {
    throw busy
  }
  const before = performance.now()
  expect(() => turn.begin()).toThrow(busy)
  expect(performance.now() - before).toBeGreaterThanOrEqual(200)
  expect(connection.inTransaction).toBe(false)
})
