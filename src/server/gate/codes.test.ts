import { expect, test } from 'vitest'
import { OneTimeCodes } from './codes.ts'

/** A clock that stands still until it is moved. */
function openCodes(): { codes: OneTimeCodes; pass(ms: number): void } {
  let elapsed = 5000
  const codes = new OneTimeCodes({ elapsed: () => elapsed })
  return { codes, pass: (ms) => void (elapsed += ms) }
}

test('[Z8] a code is 22 characters of an address, and no two are the same', () => {
  const { codes } = openCodes()
  const issued = Array.from({ length: 100 }, () => codes.issue())
  expect(new Set(issued).size).toBe(100)
  for (const code of issued) expect(code).toMatch(/^[\w-]{22}$/)
})

test('[Z8] a code works once', () => {
  const { codes } = openCodes()
  const code = codes.issue()
  expect(codes.redeem(code)).toBe(true)
  expect(codes.redeem(code)).toBe(false)
})

test('[Z8] a code works for 30 seconds by the clock that never steps', () => {
  const { codes, pass } = openCodes()
  const [first, second] = [codes.issue(), codes.issue()]
  pass(29_999)
  expect(codes.redeem(first)).toBe(true)
  pass(1)
  expect(codes.redeem(second)).toBe(false)
})

test('[Z8] what is no code is refused, and spoils none', () => {
  const { codes } = openCodes()
  const code = codes.issue()
  const wrong = [
    undefined,
    null,
    1,
    {},
    [],
    [code],
    '',
    code.slice(1),
    `${code}x`,
    ` ${code}`,
    code.toLowerCase(),
    'x'.repeat(1e6),
    '__proto__',
  ]
  for (const given of wrong) expect(codes.redeem(given), JSON.stringify(given)?.slice(0, 40)).toBe(false)
  expect(codes.redeem(code)).toBe(true)
})

test('[Z23] 16 codes wait at most; the oldest makes room', () => {
  const { codes } = openCodes()
  const issued = Array.from({ length: 17 }, () => codes.issue())
  expect(codes.redeem(issued[0])).toBe(false)
  for (const code of issued.slice(1)) expect(codes.redeem(code)).toBe(true)
})

test('[Z8] codes of another server are no codes', () => {
  expect(openCodes().codes.redeem(openCodes().codes.issue())).toBe(false)
})
