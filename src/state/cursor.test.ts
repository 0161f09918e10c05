import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HoldfastError } from '../base/error.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('')
const eight = fc.string({ unit: fc.constantFrom(...base64url), minLength: 8, maxLength: 8 })
const cursors = fc.record({ epoch: eight, revision: fc.maxSafeNat(), check: eight })

function reasonFor(text: unknown): string {
  try {
    decodeCursor(text)
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'CURSOR_INVALID') return (error.details as { reason: string }).reason
    throw error
  }
  throw new Error(`${String(text)} was accepted`)
}

test('[F4] a cursor is epoch, revision and check, in at most 32 characters', () => {
  expect(encodeCursor({ epoch: '3q2-7wAB', revision: 100, check: 'c0ffee_1' })).toBe('3q2-7wAB.2s.c0ffee_1')
  const longest = { epoch: '--------', revision: Number.MAX_SAFE_INTEGER, check: '________' }
  expect(encodeCursor(longest)).toBe('--------.2gosa7pa2gv.________')
  expect(decodeCursor(encodeCursor(longest))).toEqual(longest)
  expect(decodeCursor('AAAAAAAA.0.AAAAAAAA')).toEqual({ epoch: 'AAAAAAAA', revision: 0, check: 'AAAAAAAA' })
})

test('[F4] any cursor reads back, and fits', () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      const text = encodeCursor(cursor)
      expect(text.length).toBeLessThanOrEqual(32)
      expect(decodeCursor(text)).toEqual(cursor)
    }),
  )
})

test.each([undefined, null, 5, {}, [], ['AAAAAAAA.0.AAAAAAAA'], new String('AAAAAAAA.0.AAAAAAAA'), Symbol('s')])(
  '[F4] refuses %o, which is no string',
  (given) => {
    expect(reasonFor(given)).toMatch(/^is not a string but /)
  },
)

test.each([
  '',
  'AAAAAAAA',
  'AAAAAAAA.0',
  'AAAAAAAA..AAAAAAAA',
  'AAAAAAAA.00.AAAAAAAA',
  'AAAAAAAA.01.AAAAAAAA',
  'AAAAAAAA.A.AAAAAAAA',
  'AAAAAAAA.-1.AAAAAAAA',
  'AAAAAAAA.1e.AAAAAAA',
  'AAAAAAAA.1.AAAAAAAAA',
  'AAAAAAA.1.AAAAAAAA',
  'AAAAAA+A.1.AAAAAAAA',
  'AAAAAA=A.1.AAAAAAAA',
  'AAAAAAAÄ.1.AAAAAAAA',
  'AAAAAAAA.1.AAAAAAAA\n',
  '\nAAAAAAAA.1.AAAAAAAA',
  ' AAAAAAAA.1.AAAAAAAA',
  'AAAAAAAA.1.AAAAAAAA.1',
])('[F4] refuses %j', (text) => {
  expect(reasonFor(text)).toBe('is not of the form epoch.revision.check')
})

test('[F4] refuses a revision that no double holds exactly', () => {
  expect(reasonFor('AAAAAAAA.2gosa7pa2gw.AAAAAAAA')).toBe('has a revision beyond 2^53')
  expect(reasonFor('AAAAAAAA.zzzzzzzzzzz.AAAAAAAA')).toBe('has a revision beyond 2^53')
})

test('[F4] refuses a long text at once', () => {
  expect(reasonFor(`AAAAAAAA.${'1'.repeat(1e7)}.AAAAAAAA`)).toBe('is longer than 32 characters')
})

test('[F5] each point has one spelling: what decodes, encodes to the same text', () => {
  const reached = { decoded: 0, refused: 0 }
  const damaged = fc.tuple(cursors, fc.nat({ max: 28 }), fc.constantFrom(...base64url, '.', ' ', '\n')).map(([cursor, at, char]) => {
    const text = encodeCursor(cursor)
    return text.slice(0, at) + char + text.slice(at + 1)
  })
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string()), (text) => {
      try {
        expect(encodeCursor(decodeCursor(text))).toBe(text)
        reached.decoded++
      } catch (error) {
        expect(error).toMatchObject({ code: 'CURSOR_INVALID' })
        reached.refused++
      }
    }),
    { numRuns: 2000 },
  )
  expect(reached.decoded).toBeGreaterThan(100)
  expect(reached.refused).toBeGreaterThan(100)
})
