import { expect, test } from 'vitest'
import type { CallError } from '../holdfast.ts'
import { sayShortly, sayTrouble } from './call-error.ts'

const failure = (code: CallError['code'], message: string, details: unknown = {}): CallError =>
  Object.assign(new Error(message), { code, details }) as CallError
const rejection = (...issues: { readonly path: string; readonly message: string }[]): CallError =>
  failure('SCHEMA_REJECTED', 'The value is rejected.', { kind: 'startScan', issues })

test('each issue of the schema stands at its field', () => {
  const ports = { path: '$.ports', message: '"x" is no port.' }
  const target = { path: '$.target', message: 'no\u202e' }
  expect(sayTrouble(rejection(ports))).toEqual({ ports: '"x" is no port.' })
  expect(sayTrouble(rejection(target))).toEqual({ target: 'no‹U+202E›' })
  expect(sayTrouble(rejection(ports, target, { ...ports, message: 'again' }))).toEqual({ ports: '"x" is no port.', target: 'no‹U+202E›' })
  expect(sayShortly(rejection(ports, target))).toBe('no‹U+202E›')
})

test('what is about no field is not put at one, whatever its words', () => {
  expect(sayTrouble(failure('SIGN_IN_NEEDED', 'x')).form).toMatch(/signed out/)
  expect(sayTrouble(failure('DISK_FULL', 'The disk is full.'))).toEqual({ form: 'The disk is full.' })
  const reason = '"0" is no port or range of ports.'
  expect(sayTrouble(failure('ACTION_REFUSED', reason, { reason }))).toEqual({ form: reason })
  expect(sayTrouble(rejection({ path: '$', message: 'no' }))).toEqual({ form: 'The value is rejected.' })
  expect(sayShortly(failure('ACTION_REFUSED', reason, { reason }))).toBe(reason)
})
