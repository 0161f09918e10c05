import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HoldfastError } from '../base/error.ts'
import { assertKeyText, fromStoredText, maxKeyLength, toStoredText } from './value.ts'

class Host {
  address = '10.0.0.4'
}

/** The details of the VALUE_INVALID that `act` throws. */
function refusal(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'VALUE_INVALID') return error.details
    throw error
  }
  throw new Error('nothing was refused')
}

function nested(depth: number): unknown {
  return nestedAround(depth, 1)
}

function nestedAround(depth: number, core: unknown): unknown {
  let value = core
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { in: value }
  return value
}

test.each([
  null,
  '',
  {},
  [],
  0,
  -1.5,
  Number.MAX_VALUE,
  5e-324,
  true,
  'Zoë 🌊 \u0000 \u2028 "quoted" \\',
  '\ud800 alone, \udc00 alone',
  { '': '', 'a b': null, constructor: 1, toString: 'x', length: 5 },
  { list: [[], {}, [null]], deep: { er: [{ and: 'deeper' }] } },
  Object.assign(Object.create(null), { a: 1 }),
  JSON.parse('{"__proto__":{"polluted":true},"a":{"__proto__":1}}'),
  { body: 'ä'.repeat(10_000), numbers: Array.from({ length: 3000 }, (_, at) => at / 7) },
])('[X31] what goes in comes out equal: %#', (value) => {
  const text = toStoredText(value)
  const back = fromStoredText(text)
  expect(back).toEqual(value)
  expect(toStoredText(back)).toBe(text)
})

test('[V2] an own property named __proto__ stays data and pollutes nothing', () => {
  const back = fromStoredText(toStoredText(JSON.parse('{"__proto__":{"polluted":[1]}}'))) as object
  expect(Object.hasOwn(back, '__proto__')).toBe(true)
  expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test('[Z18] names that every object inherits are data, and no prototype changes', () => {
  const before = [Object.prototype, Array.prototype].map(Reflect.ownKeys)
  const name = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'a')
  const { value: values } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, fc.constantFrom(null, 1, 'x'), fc.array(tie('value')), tie('object')),
    object: fc.array(fc.tuple(name, tie('value'))).map((entries) => Object.fromEntries(entries)),
  }))
  fc.assert(
    fc.property(values, (value) => {
      const text = toStoredText(value)
      expect(text).toBe(JSON.stringify(value))
      expect(toStoredText(fromStoredText(text))).toBe(text)
    }),
  )
  expect([Object.prototype, Array.prototype].map(Reflect.ownKeys)).toEqual(before)
})

test('[Z18] works where the prototypes are frozen', () => {
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  const program = `
    for (const frozen of [Object, Array, Function, Error]) Object.freeze(frozen.prototype)
    const { fromStoredText, toStoredText } = await import(process.argv[1])
    const text = '{"toString":[{"constructor":1}],"__proto__":{"valueOf":null}}'
    process.stdout.write(toStoredText(fromStoredText(text)) === text ? 'equal' : 'different')`
  const value = new URL('./value.ts', import.meta.url).href
  expect(execFileSync(process.execPath, ['--input-type=module', '--eval', program, value], { encoding: 'utf8' })).toBe('equal')
})

test('[V2] undefined properties are dropped and -0 is stored as 0', () => {
  expect(toStoredText({ a: undefined, b: -0, c: [-0] })).toBe('{"b":0,"c":[0]}')
  expect(Object.is(fromStoredText(toStoredText(-0)), 0)).toBe(true)
})

test.each([
  [undefined, '$', 'is undefined'],
  [Number.NaN, '$', 'is NaN (number)'],
  [{ a: Infinity }, '$.a', 'is Infinity (number)'],
  [[1, -Infinity], '$[1]', 'is -Infinity (number)'],
  [{ hosts: [0, 1, 2, { seenAt: new Date() }] }, '$.hosts[3].seenAt', 'is a Date, not a plain object'],
  [new Map(), '$', 'is a Map, not a plain object'],
  [{ a: new Set() }, '$.a', 'is a Set, not a plain object'],
  [{ 'a b': 10n }, '$["a b"]', 'is 10n (bigint)'],
  [{ a: { b: Symbol('s') } }, '$.a.b', 'is Symbol(s) (symbol)'],
  [{ a: () => 1 }, '$.a', 'is a function'],
  [{ a: { toJSON: () => 1 } }, '$.a.toJSON', 'is a function'],
  [new Host(), '$', 'is a Host, not a plain object'],
  [[new Host()], '$[0]', 'is a Host, not a plain object'],
  [Object.create({ inherited: 1 }), '$', 'is an object, not a plain object'],
  [Object(5), '$', 'is a Number, not a plain object'],
  [Object('x'), '$', 'is a String, not a plain object'],
  [{ a: Promise.resolve(1) }, '$.a', 'is a Promise, not a plain object'],
  [new Uint8Array(2), '$', 'is an Uint8Array, not a plain object'],
  [new (class Hosts extends Array<number> {})(), '$', 'is a Hosts (array), not a plain array'],
  [[1, undefined], '$[1]', 'is undefined'],
  [{ a: [1, , 3] }, '$.a[1]', 'is a hole in the array'], // oxlint-disable-line no-sparse-arrays
])('[V2] refuses %o at %s', (value, path, reason) => {
  expect(refusal(() => toStoredText(value, 'hosts'))).toEqual({ kind: 'hosts', path, reason })
})

test('[V2] a huge sparse array is refused at its first hole', () => {
  const sparse: unknown[] = []
  sparse.length = 4_000_000_000
  expect(refusal(() => toStoredText(sparse))).toEqual({ path: '$[0]', reason: 'is a hole in the array' })
})

test('[V2] the message names kind, path, reason and remedy', () => {
  expect(() => toStoredText({ a: 1n }, 'hosts')).toThrow(
    /^The value for "hosts" cannot be stored: \$\.a is 1n \(bigint\)\. Store plain JSON/,
  )
  expect(() => toStoredText({ a: 1n })).toThrow(/^The value cannot be stored: \$\.a is 1n/)
})

test('[V2] values nest 200 deep and no deeper', () => {
  expect(fromStoredText(toStoredText(nested(200)))).toEqual(nested(200))
  expect(refusal(() => toStoredText(nested(201)))).toMatchObject({ reason: 'is nested more than 200 deep' })
  expect(refusal(() => toStoredText(nested(100_000)))).toMatchObject({ reason: 'is nested more than 200 deep' })
  expect(refusal(() => fromStoredText('['.repeat(201) + ']'.repeat(201)))).toMatchObject({ reason: 'is nested more than 200 deep' })
})

test('[V2] a cycle is named as one; the same object twice is none', () => {
  const host: { links: unknown[] } = { links: [] }
  host.links.push({ to: host })
  expect(refusal(() => toStoredText({ host }))).toEqual({ path: '$.host.links[0].to', reason: 'is a cycle: it leads back to $.host' })
  const shared = { a: 1 }
  expect(toStoredText([shared, shared])).toBe('[{"a":1},{"a":1}]')
})

test('[V2] plain data of another realm is plain, its class instances are not', () => {
  const { runInNewContext } = process.getBuiltinModule('node:vm')
  expect(toStoredText(runInNewContext('({ a: [{ b: [1] }], c: Object.create(null) })'))).toBe('{"a":[{"b":[1]}],"c":{}}')
  for (const foreign of ['new Date(0)', 'new Map()', 'new (class Hosts extends Array {})()', 'new (class Host {})()', 'Object(1)']) {
    expect(refusal(() => toStoredText(runInNewContext(foreign)))).toMatchObject({ path: '$' })
  }
  class Rootless {}
  Object.setPrototypeOf(Rootless.prototype, null)
  expect(refusal(() => toStoredText(new Rootless()))).toMatchObject({ reason: 'is a Rootless, not a plain object' })
})

test('[V2] the path of something far inside stays short', () => {
  const deep = refusal(() => toStoredText({ x: nested(190), y: { bad: nestedAround(190, 1n) } })) as { path: string }
  expect(deep.path).toMatch(/^\$\.y\.bad\.in\[0\].* … .*\[0\]$/)
  expect(deep.path.length).toBeLessThan(510)

  const details = refusal(() => toStoredText({ ['k'.repeat(1e6)]: { x: nested(198), [`${'p'.repeat(60)}`]: 1n } })) as { path: string }
  expect(details.path.length).toBeLessThan(200)
})

test('[V2] each property is read once, so a getter or Proxy cannot slip anything past the check', () => {
  const answers: unknown[] = [1, Number.NaN, undefined, new Date(), { toJSON: () => 'toJSON' }]
  const reads: string[] = []
  const shifty = () => {
    let read = 0
    return (name: string) => {
      reads.push(name)
      return answers[read++]
    }
  }
  const getter = shifty()
  const trap = shifty()
  const element = shifty()
  const value = {
    get getter() { return getter('getter') }, // prettier-ignore
    proxy: new Proxy({ a: 0 }, { get: (_, name) => trap(String(name)) }),
    list: new Proxy([0], { get: (list, name) => (name === '0' ? element('0') : Reflect.get(list, name)) }),
  }
  expect(toStoredText(value)).toBe('{"getter":1,"proxy":{"a":1},"list":[1]}')
  expect(reads).toEqual(['getter', 'a', '0'])
})

test('[V2] toJSON is never called, wherever it stands', () => {
  let calls = 0
  const toJSON = { configurable: true, value: () => calls++ }
  const hidden = Object.defineProperty({ a: [1] }, 'toJSON', toJSON)
  expect(toStoredText([hidden, Object.defineProperty([2], 'toJSON', toJSON)])).toBe('[{"a":[1]},[2]]')
  for (const prototype of [Object.prototype, Array.prototype, String.prototype, Number.prototype, Boolean.prototype]) {
    Object.defineProperty(prototype, 'toJSON', toJSON)
    try {
      expect(toStoredText({ a: [{ b: ['x', 1, true] }] })).toBe('{"a":[{"b":["x",1,true]}]}')
    } finally {
      delete (prototype as { toJSON?: unknown }).toJSON
    }
  }
  expect(calls).toBe(0)
})

test('[V2] what somebody adds to all objects is neither stored nor in the way', () => {
  const tainted = Object.prototype as { extra?: unknown; self?: unknown }
  tainted.extra = () => 1
  tainted.self = { a: 1 }
  try {
    expect(toStoredText({ a: [{}] })).toBe('{"a":[{}]}')
    expect(Object.isFrozen(fromStoredText('{"a":[{}]}'))).toBe(true)
    expect(Object.isFrozen(tainted.self)).toBe(false)
  } finally {
    delete tainted.extra
    delete tainted.self
  }
})

test('[V2] what a getter throws comes through as it is', () => {
  const boom = new Error('boom')
  const value = { get a(): number { throw boom } } // prettier-ignore
  expect(() => toStoredText({ value })).toThrow(boom)
})

test('[V2] the value itself is neither changed nor frozen', () => {
  const value = { a: [{ b: -0 }], c: undefined }
  toStoredText(value)
  expect(Object.isFrozen(value)).toBe(false)
  expect('c' in value && Object.is(value.a[0]?.b, -0)).toBe(true)
})

test('[V2] any JSON value reads back equal, frozen all through, and its text is canonical', () => {
  let frozen = 0
  const assertFrozen = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    expect(Object.isFrozen(value)).toBe(true)
    frozen++
    for (const inner of Object.values(value)) assertFrozen(inner)
  }
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 }), (value) => {
      const text = toStoredText(value)
      expect(text).toBe(JSON.stringify(value))
      const back = fromStoredText(text)
      assertFrozen(back)
      expect(back).toEqual(JSON.parse(JSON.stringify(value)))
      expect(toStoredText(back)).toBe(text)
    }),
    { numRuns: 1000 },
  )
  expect(frozen).toBeGreaterThan(1000)
})

test('[V2] any string round-trips, whatever its code units', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }), (value) => {
      expect(fromStoredText(toStoredText({ [value]: value }))).toEqual(Object.fromEntries([[value, value]]))
    }),
    { numRuns: 2000 },
  )
})

test('[V2] any object at all is either stored as an equal value or refused by code', () => {
  const reached = { stored: 0, refused: 0 }
  const anything = fc.anything({ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true }) // prettier-ignore
  fc.assert(
    fc.property(fc.oneof(anything, fc.jsonValue()), (value) => {
      let text: string
      try {
        text = toStoredText(value)
      } catch (error) {
        expect(error).toMatchObject({ code: 'VALUE_INVALID' })
        reached.refused++
        return
      }
      expect(text).toBe(JSON.stringify(value))
      expect(JSON.parse(text)).toEqual(withoutNegativeZero(value))
      reached.stored++
    }),
    { numRuns: 3000 },
  )
  expect(reached.stored).toBeGreaterThan(300)
  expect(reached.refused).toBeGreaterThan(300)
})

/** The same value in what `toEqual` tells apart and V2 does not. */
function withoutNegativeZero(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNegativeZero)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutNegativeZero(inner)]))
  }
  return value === 0 ? 0 : value
}

test.each(['a', '0', ' ', 'Zoë 🌊', '\u{10ffff}', '\u0001\n', '__proto__', 'x'.repeat(maxKeyLength)])('[V2] is a key: %#', (text) => {
  expect(() => assertKeyText('key', text)).not.toThrow()
})

test.each([
  [5, 'is 5 (number), not a string'],
  [undefined, 'is undefined, not a string'],
  [Object('x'), 'is a String, not a string'],
  ['', 'is empty'],
  ['a\0b', 'contains a NUL character'],
  ['\ud800', 'contains half of a surrogate pair'],
  ['a\udc00b', 'contains half of a surrogate pair'],
  ['x'.repeat(maxKeyLength + 1), 'has 1025 characters, more than 1024'],
])('[V2] is no key: %#', (text, reason) => {
  expect(refusal(() => assertKeyText('key', text, { kind: 'hosts' }))).toEqual({ kind: 'hosts', path: 'key', reason })
  expect(refusal(() => assertKeyText('key', text))).toEqual({ path: 'key', reason })
})

test('[V2] a stream may be empty when asked for', () => {
  expect(() => assertKeyText('stream', '', { allowEmpty: true })).not.toThrow()
  expect(() => assertKeyText('stream', '\0', { allowEmpty: true, kind: 'console' })).toThrow('The stream of "console" contains a NUL')
})
