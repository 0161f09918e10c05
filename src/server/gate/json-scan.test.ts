import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isHoldfastError } from '../../base/error.ts'
import { assertJsonLimits, assertValueLimits, type JsonLimits, parseJson } from './json-scan.ts'

const limits: JsonLimits = { bytes: 1024 * 1024 }
/** More bytes than any body has, so that the other limits are what refuses. */
const wide: JsonLimits = { bytes: 1024 * 1024 * 1024 }
const encoder = new TextEncoder()

function parse(text: string, within: JsonLimits = limits): unknown {
  return parseJson(encoder.encode(text), within)
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (isHoldfastError(error)) return `${error.code} ${error.traits.httpStatus}`
    throw error
  }
  return 'none'
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
const items = (count: number): string => `[${Array.from({ length: count }, () => '0').join()}]`
const names = (count: number): string => `{${Array.from({ length: count }, (_, at) => `"${at}":0`).join()}}`

describe('bombs', () => {
  test('[Z19] depth', () => {
    expect(parse(nested(200))).toBeDefined()
    expect(codeOf(() => parse(nested(201)))).toBe('BODY_TOO_COMPLEX 422')
    expect(codeOf(() => parse('['.repeat(201)))).toBe('BODY_TOO_COMPLEX 422')
    expect(codeOf(() => parse(nested(1_000_000), wide))).toBe('BODY_TOO_COMPLEX 422')
    expect(codeOf(() => parse('{"a":'.repeat(1_000_000), wide))).toBe('BODY_TOO_COMPLEX 422')
    expect(parse(`[${Array.from({ length: 500 }, () => nested(199)).join()}]`, { ...limits, entries: 1_000_000 })).toHaveLength(500)
  })

  test('[Z19] a value that was parsed before has the same limits as its text', () => {
    const parts = [nested(200), nested(201), items(10_000), items(10_001), names(10_000), names(10_001), `[${items(9_999)},0]`, '7', 'null']
    const codes = parts.map((text) => [codeOf(() => parse(text)), codeOf(() => assertValueLimits(JSON.parse(text)))])
    expect(codes.map(([ofText]) => ofText)).toContain('BODY_TOO_COMPLEX 422')
    for (const [ofText, ofValue] of codes) expect(ofValue).toBe(ofText)
  })

  test('[Z19] width', () => {
    expect(parse(items(10_000))).toHaveLength(10_000)
    expect(codeOf(() => parse(items(10_001)))).toBe('BODY_TOO_COMPLEX 422')
    expect(Object.keys(parse(names(10_000)) as object)).toHaveLength(10_000)
    expect(codeOf(() => parse(names(10_001)))).toBe('BODY_TOO_COMPLEX 422')
    expect(codeOf(() => parse(names(1_000_000), wide))).toBe('BODY_TOO_COMPLEX 422')
    expect(codeOf(() => parse(`[${names(6000)},${items(6000)}]`))).toBe('BODY_TOO_COMPLEX 422')
  })

  test('[Z19] digits', () => {
    expect(parse('1'.repeat(1000))).toBe(Infinity)
    expect(codeOf(() => parse('1'.repeat(1001)))).toBe('BODY_TOO_COMPLEX 422')
    expect(codeOf(() => parse(`[${'1'.repeat(100_000)}]`))).toBe('BODY_TOO_COMPLEX 422')
    expect(codeOf(() => parse(`0.${'0'.repeat(100_000)}1e-5`))).toBe('BODY_TOO_COMPLEX 422')
    expect(parse(`"${'1'.repeat(100_000)}"`)).toHaveLength(100_000)
  })

  test('[Z19] bytes, refused before anything is read', () => {
    expect(parse(`"${'x'.repeat(limits.bytes - 2)}"`)).toHaveLength(limits.bytes - 2)
    expect(codeOf(() => parse(`"${'x'.repeat(limits.bytes - 1)}"`))).toBe('BODY_TOO_LARGE 413')
    const huge = Buffer.alloc(100 * 1024 * 1024, 'x')
    huge[0] = huge[huge.length - 1] = 0x22
    const startedAt = performance.now()
    expect(codeOf(() => parseJson(huge, limits))).toBe('BODY_TOO_LARGE 413')
    expect(performance.now() - startedAt).toBeLessThan(50)
  })

  test('[Z19] a body of the largest size holds the process up for less than 100 ms', () => {
    const bodies = [
      `"${'\\"'.repeat(524_000)}"`,
      `[${' '.repeat(1_048_000)}]`,
      `"${'x'.repeat(1_048_000)}"`,
      '"'.repeat(1_048_576),
      '-'.repeat(1000),
    ]
    for (const body of bodies.map((text) => encoder.encode(text))) {
      assertJsonLimits(body, limits)
      const startedAt = performance.now()
      assertJsonLimits(body, limits)
      expect(performance.now() - startedAt).toBeLessThan(100)
    }
  })

  test('[Z19] limits given by the caller', () => {
    expect(codeOf(() => parse('[[[]]]', { bytes: 10, depth: 2 }))).toBe('BODY_TOO_COMPLEX 422')
    expect(codeOf(() => parse('[1,2,3]', { bytes: 10, entries: 2 }))).toBe('BODY_TOO_COMPLEX 422')
    expect(codeOf(() => parse('123', { bytes: 10, digits: 2 }))).toBe('BODY_TOO_COMPLEX 422')
    expect(parse('[[1,2]]', { bytes: 7, depth: 2, entries: 3, digits: 1 })).toEqual([[1, 2]])
  })
})

test('[Z19] what stands in strings does not count', () => {
  const text = JSON.stringify({ '[[[{{{,,,': '"]}],\\"[{', '\\': '\\\\', é: '\u{1f600}[,' })
  expect(parse(text, { bytes: 1000, depth: 1, entries: 3, digits: 1 })).toEqual(JSON.parse(text))
})

test('[Z19] entries and depth are counted exactly, for any JSON', () => {
  const countEntries = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 0
    return Object.values(value).reduce((total: number, inner) => total + 1 + countEntries(inner), 0)
  }
  const countDepth = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 0
    return 1 + Math.max(0, ...Object.values(value).map(countDepth))
  }
  let deepest = 0
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.nat(2), (json, indent) => {
      const value: unknown = JSON.parse(json)
      const bytes = encoder.encode(JSON.stringify(value, null, indent))
      const exact = { bytes: bytes.length, entries: countEntries(value), depth: countDepth(value), digits: 30 }
      deepest = Math.max(deepest, exact.depth)
      expect(parseJson(bytes, exact)).toEqual(value)
      if (exact.entries > 0) expect(codeOf(() => assertJsonLimits(bytes, { ...exact, entries: exact.entries - 1 }))).toMatch(/COMPLEX/)
      if (exact.depth > 0) expect(codeOf(() => assertJsonLimits(bytes, { ...exact, depth: exact.depth - 1 }))).toMatch(/COMPLEX/)
      expect(codeOf(() => assertJsonLimits(bytes, { ...exact, bytes: bytes.length - 1 }))).toMatch(/LARGE/)
    }),
    { numRuns: 2000 },
  )
  expect(deepest).toBeGreaterThan(2)
})

test.each([
  '',
  ' ',
  '{',
  '[1,]',
  '{"a"}',
  "{'a':1}",
  'undefined',
  'NaN',
  '01',
  '"\n"',
  '"',
  '"\\',
  ']',
  '}}}}',
  '[1}',
  '{}x',
  '\ufeff{}',
  '/**/1',
])('[Z19] no JSON: %j', (text) => {
  expect(codeOf(() => parse(text))).toBe('BODY_INVALID 400')
})

test.each([
  [0x22, 0xff, 0x22],
  [0x22, 0xc0, 0xaf, 0x22],
  [0x22, 0xed, 0xa0, 0x80, 0x22],
  [0x22, 0xe2, 0x82],
  [0xff, 0xfe, 0x31, 0x00],
])('[Z19] no UTF-8: %j %j %j %j %j', (...bytes) => {
  expect(codeOf(() => parseJson(Uint8Array.from(bytes.filter((byte) => byte !== undefined)), limits))).toBe('BODY_INVALID 400')
})

test('[Z19] any bytes are read or refused', () => {
  let [read, refused] = [0, 0]
  const pieces = ['{', '}', '[', ']', ',', ':', '"', '\\', '1', '-', 'e', ' ', 'null', '"a"', '\u00e9'].map((text) => encoder.encode(text))
  const likely = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => new Uint8Array(Buffer.concat(parts)))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 20 }), likely), (bytes) => {
      if (codeOf(() => parseJson(bytes, { bytes: 100, depth: 3 })) === 'none') read += 1
      else refused += 1
    }),
    { numRuns: 20_000 },
  )
  expect(Math.min(read, refused)).toBeGreaterThan(100)
})

test('[Z18] hostile names are data, and change no prototype', () => {
  const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":null,"a":{"__proto__":[]}}'
  const parsed = parse(text) as Record<string, unknown>
  expect(Object.keys(parsed)).toEqual(['__proto__', 'constructor', 'toString', 'a'])
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(parsed['polluted']).toBeUndefined()
})

test('[Z19] of names that an object holds twice the last one counts', () => {
  expect(parse('{"a":1,"b":2,"a":3}')).toEqual({ a: 3, b: 2 })
})
