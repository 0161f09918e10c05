import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCommit, decodeCommitLine, encodeCommit, type ReplicaChange, revisionOf, toCommitLine } from './commit-text.ts'
import { eventText } from './sse.ts'

const cursor = 'AAAAAAAA.2s.c0ffee_1'
const kind = fc.constantFrom('hosts', 'console', 'title')
const value = fc.jsonValue({ maxDepth: 3 })
const through = fc.integer({ min: 1, max: 2 ** 40 })
const change: fc.Arbitrary<ReplicaChange> = fc.oneof(
  fc.record({ kind, op: fc.constant('put' as const), key: fc.string(), value }),
  fc.record({ kind, op: fc.constant('put' as const), key: fc.string() }),
  fc.record({ kind, op: fc.constant('delete' as const), key: fc.string() }),
  fc.record({ kind, op: fc.constant('append' as const), seq: through, stream: fc.string(), value }),
  fc.record({ kind, op: fc.constant('append' as const), seq: through, stream: fc.string() }),
  fc.record({ kind, op: fc.constant('trim' as const), stream: fc.option(fc.string()), through }),
)
const commit = fc.record({
  at: fc.integer({ min: 0, max: 2 ** 45 }),
  actor: fc.option(fc.string(), { nil: undefined }),
  label: fc.option(fc.string(), { nil: undefined }),
  changes: fc.array(change),
})

test('[H2] a commit reads back as it was, in a stream as in a poll, on one line each', () => {
  fc.assert(
    fc.property(commit, (given) => {
      const text = encodeCommit(given)
      const line = toCommitLine(cursor, text)
      const expected = { revision: 100, cursor, ...given, changes: JSON.parse(JSON.stringify(given.changes)) as unknown }
      expect(decodeCommit(cursor, text)).toEqual(expected)
      expect(decodeCommitLine(line)).toEqual(expected)
      expect(text).not.toMatch(/[\n\r]/)
    }),
  )
})

test('[X56] a changed row travels as its JSON and at most 80 bytes', () => {
  const row = { address: '192.168.178.254', status: 'up', seen: 1_764_323_696_000 }
  const text = encodeCommit({
    at: 1_764_323_696_000,
    actor: undefined,
    label: undefined,
    changes: [{ kind: 'hosts', op: 'put', key: row.address, value: row }],
  })
  expect(eventText(undefined, 'AAAAAAAA.zzzz.c0ffee_1', text).length).toBeLessThanOrEqual(JSON.stringify(row).length + 80)
})

test('[F4] what is no commit is refused, and never half read', () => {
  for (const text of ['', '{}', '[]', '["a",[]]', '[1,[1,2]]', '[1,["a"]]', '[1,["a",{}]]', '[1,{},{}]']) {
    expect(() => decodeCommit(cursor, text), text).toThrow(SyntaxError)
  }
  expect(() => decodeCommitLine('[1,2,[]]')).toThrow(SyntaxError)
  expect(() => revisionOf('nonsense')).toThrow(SyntaxError)
})
