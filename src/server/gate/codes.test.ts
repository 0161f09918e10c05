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
  const issued = Array.from({ length: 100 }, () => codes.issue(undefined))
  expect(new Set(issued).size).toBe(100)
  for (const code of issued) expect(code).toMatch(/^[\w-]{22}$/)
})

test('[Z8] a code works once', () => {
  const { codes } = openCodes()
  const code = codes.issue(undefined)
  expect(codes.redeem(code)).toBeDefined()
  expect(codes.redeem(code)).toBeUndefined()
})

test('[Z8] a code is for what it was made for, whichever others wait', () => {
  const codes = new OneTimeCodes<string>({ elapsed: () => 0 })
  const issued = ['ada', 'bob', 'eve'].map((user) => codes.issue(user))
  expect(issued.toReversed().map((code) => codes.redeem(code)?.purpose)).toEqual(['eve', 'bob', 'ada'])
})

test('[Z8] a code works for 30 seconds by the clock that never steps', () => {
  const { codes, pass } = openCodes()
  const [first, second] = [codes.issue(undefined), codes.issue(undefined)]
  pass(29_999)
  expect(codes.redeem(first)).toBeDefined()
  pass(1)
  expect(codes.redeem(second)).toBeUndefined()
})

test('[Z8] what is no code is refused, and spoils none', () => {
  const { codes } = openCodes()
  const code = codes.issue(undefined)
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
  for (const given of wrong) expect(codes.redeem(given), JSON.stringify(given)?.slice(0, 40)).toBeUndefined()
  expect(codes.redeem(code)).toBeDefined()
})

test('[Z23] 16 codes wait at most; the oldest makes room', () => {
  const { codes } = openCodes()
  const issued = Array.from({ length: 17 }, () => codes.issue(undefined))
  expect(codes.redeem(issued[0])).toBeUndefined()
  for (const code of issued.slice(1)) expect(codes.redeem(code)).toBeDefined()
})

test('[Z8] codes of another server are no codes', () => {
  expect(openCodes().codes.redeem(openCodes().codes.issue(undefined))).toBeUndefined()
})
