import { expect, test } from 'vitest'
import { sayTrouble } from './call-error.ts'

const failure = (code: string, message: string, details: unknown = {}): Error => Object.assign(new Error(message), { code, details })

test('an issue of the schema stands at its field', () => {
  const issues = [{ path: '$.ports', message: '"x" is no port.' }]
  expect(sayTrouble(failure('SCHEMA_REJECTED', 'no', { kind: 'startScan', issues }))).toEqual({ field: 'ports', text: '"x" is no port.' })
  const [first] = [{ path: '$.target', message: 'no\u202e' }]
  expect(sayTrouble(failure('SCHEMA_REJECTED', 'no', { issues: [first] }))).toEqual({ field: 'target', text: 'no‹U+202E›' })
})

test('a refusal is told in its own words, at the field they are about', () => {
  const refusal = (reason: string): Error => failure('ACTION_REFUSED', `${reason} Do what the reason says, and ask again.`, { reason })
  expect(sayTrouble(refusal('"x y" is no address.'))).toEqual({ field: 'target', text: '"x y" is no address.' })
  const text = '"0" is no port or range of ports. Write them as in 22,80,8000-8100; ports go from 1 to 65535.'
  expect(sayTrouble(refusal(text))).toEqual({ field: 'ports', text })
})

test('what the page can name itself, and what it cannot', () => {
  expect(sayTrouble(failure('SIGN_IN_NEEDED', 'x')).text).toMatch(/signed out/)
  expect(sayTrouble(failure('DISK_FULL', 'The disk is full.')).text).toBe('The disk is full.')
  for (const error of [undefined, null, 'x', new Error('a secret')]) expect(sayTrouble(error).text).toMatch(/not started/)
  for (const details of [undefined, null, { issues: 1 }, { issues: [{}] }]) {
    expect(sayTrouble(failure('SCHEMA_REJECTED', 'The value is rejected.', details)).text).toBe('The value is rejected.')
  }
})
