import { expect, test } from 'vitest'
import { errorTraits } from './error-codes.ts'
import { HoldfastError, isHoldfastError } from './error.ts'
import { misuse, outOfRange, unknownOption } from './misuse.ts'

test('misuse is a TypeError in the one grammar', () => {
  const error = misuse('timeoutMs', 'an integer ≥ 0', '5s')
  expect(error).toBeInstanceOf(TypeError)
  expect(error.name).toBe('TypeError')
  expect(error.message).toBe('Expected "timeoutMs" to be an integer ≥ 0, got "5s" (string)')
})

test('a number out of range is a RangeError in the same grammar', () => {
  const error = outOfRange('timeoutMs', 'an integer ≥ 0', -1)
  expect(error).toBeInstanceOf(RangeError)
  expect(error.message).toBe('Expected "timeoutMs" to be an integer ≥ 0, got -1 (number)')
})

test.each([misuse('limit', 'an integer', 'x'), outOfRange('limit', 'an integer', 0.5), unknownOption('find', 'limti', ['limit'])])(
  'has what every HoldfastError has: %s',
  (error) => {
    expect(error).not.toBeInstanceOf(HoldfastError)
    expect(isHoldfastError(error)).toBe(true)
    expect(isHoldfastError(error, 'DISK_FULL')).toBe(false)
    if (!isHoldfastError(error, 'OPTION_INVALID')) throw new Error('not recognised')
    expect(error.traits).toBe(errorTraits.OPTION_INVALID)
    expect(JSON.parse(JSON.stringify(error))).toEqual({ code: 'OPTION_INVALID', message: error.message, details: error.details })
  },
)

test('carries the facts', () => {
  expect(misuse('limit', 'an integer', null)).toMatchObject({
    code: 'OPTION_INVALID',
    details: { option: 'limit', expected: 'an integer', given: 'null' },
  })
})

test('an unknown option names the one that was likely meant', () => {
  const error = unknownOption('openStore', 'durabilty', ['directory', 'durability'])
  expect(error.message).toBe('Unknown option "durabilty" of openStore; did you mean "durability"?')
  expect(error).toMatchObject({ details: { option: 'durabilty', nearest: 'durability' } })
})

test('an unknown option like no other lists all', () => {
  expect(unknownOption('find', 'colour', ['limit', 'after']).message).toBe('Unknown option "colour" of find; it has "limit", "after"')
  expect(unknownOption('close', 'force', []).message).toBe('Unknown option "force" of close; it has no options')
})
