import { expect, test } from 'vitest'
import { z } from 'zod'
import { collection } from './collection-kind.ts'
import { defineState } from './define-state.ts'
import { document } from './document-kind.ts'
import { jobs } from './jobs-kind.ts'

const title = document(z.string())

test('a definition is plain frozen data, apart from what it was made of', () => {
  const given = { name: 'my-state', version: 2, kinds: { title }, migrations: [{ version: 2, name: 'two', up: () => undefined }] }
  const state = defineState(given)
  expect(state).toMatchObject({ name: 'my-state', version: 2, kinds: { title } })
  for (const part of [state, state.kinds, state.migrations, state.migrations[0]]) expect(Object.isFrozen(part)).toBe(true)
  expect(state.kinds).not.toBe(given.kinds)
  expect(state.migrations).not.toBe(given.migrations)
  expect(Object.isFrozen(given.kinds)).toBe(false)
})

test('a state without kinds and without migrations is one, too', () => {
  expect(defineState({ name: 'a', version: 1, kinds: {} })).toEqual({ name: 'a', version: 1, kinds: {}, migrations: [] })
})

test.each(['a', 'netscan', 'my-state-2', 'aB', `a${'b'.repeat(62)}`])('%s is a name of a state', (name) => {
  expect(defineState({ name, version: 1, kinds: {} }).name).toBe(name)
})

test.each(['', 'A', '1a', '-a', 'a_b', 'a b', 'a.b', 'ä', 'a'.repeat(64)])('%j is none', (name) => {
  expect(() => defineState({ name, version: 1, kinds: {} })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
})

test.each([0, -1, 1.5, NaN, Infinity, '1', null])('%j is no version', (version) => {
  expect(() => defineState({ name: 'a', version: version as number, kinds: {} })).toThrow(/Expected "version" to be an integer ≥ 1/)
})

test('[N1] names of kinds are checked, each and all together', () => {
  const declare = (kinds: object) => () => defineState({ name: 'a', version: 1, kinds: kinds as never })
  expect(declare({ Title: title })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID', details: { what: 'kind "Title"' } }))
  expect(declare({ title, titlE: title })).toThrow('The kind name "titlE" differs from "title" only in case.')
  expect(declare({ commit: title })).toThrow('The kind name "commit" is reserved.')
  // An own property of this name, as JSON.parse makes it.
  expect(declare(JSON.parse('{"__proto__": {}}') as object)).toThrow('does not match')
})

test("[N1] [J7] each queue has a document beside it, of the same feed, whose name is nobody else's", () => {
  const scans = jobs({ input: z.string(), feed: 'none' })
  const { kinds } = defineState({ name: 'a', version: 1, kinds: { scans } })
  expect(kinds).toMatchObject({ scans, scansQueue: { type: 'document', feed: 'none' } })
  for (const name of ['scansQueue', 'scansqueue'])
    expect(() => defineState({ name: 'a', version: 1, kinds: { scans, [name]: title } })).toThrow(/"scans[Qq]ueue"/)
  expect(() => defineState({ name: 'a', version: 1, kinds: { ['s'.repeat(60)]: scans } })).toThrow('does not match')
})

test('what is no kind is refused where it stands', () => {
  for (const kind of [undefined, null, {}, { type: 'table' }, z.string(), collection]) {
    expect(() => defineState({ name: 'a', version: 1, kinds: { thing: kind } as never })).toThrow(
      'Expected "kinds.thing" to be a kind made by',
    )
  }
})
