import { expect, test } from 'vitest'
import { type Migration, readMigrations } from './migration.ts'

const up = (): void => undefined
const step = (version: number, name = `to ${version}`): Migration => ({ version, name, up })

test('[M2] migrations are kept in order, frozen, and may leave versions out', () => {
  const read = readMigrations([step(2), step(5), step(6)], 7)
  expect(read.map(({ version, name }) => [version, name])).toEqual([
    [2, 'to 2'],
    [5, 'to 5'],
    [6, 'to 6'],
  ])
  expect([read, ...read].every((part) => Object.isFrozen(part))).toBe(true)
  expect(readMigrations([], 1)).toEqual([])
})

test('a migration made by a class keeps its this', () => {
  const ran: unknown[] = []
  class Step implements Migration {
    readonly version = 2
    readonly name = 'two'
    up(): void {
      ran.push(this.name)
    }
  }
  readMigrations([new Step()], 2)[0]?.up({} as never)
  expect(ran).toEqual(['two'])
})

test.each([
  [[step(3), step(2)], 'migration 2 "to 2" does not come after version 3'],
  [[step(2), step(2)], 'migration 2 "to 2" does not come after version 2'],
  [[step(9)], 'migration 9 "to 9" leads beyond version 5 of the state'],
])('[M2] migrations out of order are refused', (migrations, message) => {
  expect(() => readMigrations(migrations, 5)).toThrow(message)
  expect(() => readMigrations(migrations, 5)).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
})

test.each([
  [null, 'Expected "migrations" to be a list of migrations, got null'],
  [{ 2: step(2) }, 'Expected "migrations" to be a list'],
  [[step(1)], 'Expected "version" to be an integer ≥ 2, got 1 (number)'],
  [[{ ...step(2), name: '' }], 'a version, a name and an up function in each'],
  [[{ version: 2, name: 'x' }], 'a version, a name and an up function in each'],
  [[{ version: 2, up }], 'a version, a name and an up function in each'],
  [[{ ...step(2), down: up }], 'Unknown option "down" of migration'],
  [[undefined], 'a version, a name'],
  [['two'], 'Expected "migration options" to be an object'],
])('what is no migration is refused: %j', (migrations, message) => {
  expect(() => readMigrations(migrations as never, 5)).toThrow(message)
})
