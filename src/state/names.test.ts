import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assertName, assertUniqueNames, type ReservedName, reservedNames } from './names.ts'

test.each(['a', 'hosts', 'byStatus', 'b2', `a${'b'.repeat(62)}`, 'tojson', 'ats'])('[N1] %s is a name', (name) => {
  expect(() => assertName('kind', name)).not.toThrow()
})

test.each(['', 'Hosts', '2a', '_a', 'a-b', 'a b', 'a.b', 'ä', 'aä', 'a\n', '__proto__', '$a', `a${'b'.repeat(63)}`, 5, null, undefined])(
  '[N1] %j is no name',
  (name) => {
    expect(() => assertName('kind', name)).toThrow('does not match ^[a-z][A-Za-z0-9]{0,62}$')
  },
)

test('[N1] the reserved names are those of the rule, and refused', () => {
  expect([...reservedNames].join(', ')).toBe(
    'then, constructor, toJSON, at, backup, call, close, commit, compact, cursor, diff, directory, entry, epoch, export, flush, follow, ' +
      'health, history, import, lookup, on, onStatus, prune, query, ready, replica, reset, restore, retry, settled, snapshot, state, status, store, subscribe, tx, ' +
      'verify, watch, why',
  )
  for (const name of reservedNames) expect(() => assertName('kind', name)).toThrow(`The kind name "${name}" is reserved.`)
})

test('[N1] reserved names are a type', () => {
  const name: ReservedName = 'commit'
  // @ts-expect-error not a reserved name
  const other: ReservedName = 'hosts'
  expect([reservedNames.has(name), reservedNames.has(other)]).toEqual([true, false])
})

test('[N1] names are unique ignoring case', () => {
  expect(() => assertUniqueNames('index', [])).not.toThrow()
  expect(() => assertUniqueNames('index', ['a', 'b', 'ab'])).not.toThrow()
  expect(() => assertUniqueNames('index', ['byName', 'a', 'byname'])).toThrow('The index name "byname" differs from "byName" only in case.')
  expect(() => assertUniqueNames('index', ['a', 'a'])).toThrow('The index name "a" is declared twice.')
})

test('[N1] the error says what is wrong', () => {
  try {
    assertName('kind', 'commit')
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID', details: { what: 'kind "commit"' } })
  }
})

test('[N1] any string is a name or refused by code', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z][A-Za-z0-9]{0,70}$/)), (name) => {
      const isName = name.length >= 1 && name.length <= 63 && /^[a-z]/.test(name) && !/[^A-Za-z0-9]/.test(name) && !reservedNames.has(name)
      try {
        assertName('kind', name)
        expect(isName).toBe(true)
      } catch (error) {
        expect([isName, (error as { code: unknown }).code]).toEqual([false, 'DEFINITION_INVALID'])
      }
    }),
  )
})
