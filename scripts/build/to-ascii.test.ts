import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { toAscii } from './to-ascii.ts'

test('a text in ASCII means what the text with other characters meant', () => {
  const code = "['≤ 64 – ü', `🙂 ${'…'}`, /^[ä-ü]+…$/u.test('äöü…'), '🙂'.match(/🙂/u)?.index]"
  expect(toAscii(code)).toMatch(/^[\0-\u007F]*$/)
  expect(runInNewContext(toAscii(code))).toEqual(runInNewContext(code))
})
