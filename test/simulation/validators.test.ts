import { expect, test } from 'vitest'
import { encodeCommit } from '../../src/protocol/commit-text.ts'
import { type Sighting, type TrueCommit, validate } from './validators.ts'

/** Ten commits; the third one is of a kind that the client does not see. */
const commits: readonly TrueCommit[] = Array.from({ length: 10 }, (_, at) => ({
  cursor: cursor(at + 1),
  at: 1000 + at,
  actor: undefined,
  label: undefined,
  changes: [{ kind: at === 2 ? 'hidden' : 'title', op: 'put', key: '', value: at }],
}))
const truth = {
  commitAt: (epoch: string, revision: number) => (epoch === 'epoch-aa' || epoch === 'epoch-bb' ? commits[revision - 1] : undefined),
}

function cursor(revision: number): string {
  return `epoch-aa.${revision}.check-${revision.toString().padStart(2, '0')}`
}

const snapshot = (revision: number, isDue = true): Sighting => ({ what: 'snapshot', cursor: cursor(revision), isDue })
const bookmark = (revision: number): Sighting => ({ what: 'bookmark', cursor: cursor(revision) })
const commit = (revision: number): Sighting => ({ what: 'commit', cursor: cursor(revision), text: encodeCommit(commits[revision - 1]!) })

function complaints(...sightings: Sighting[]): string[] {
  const found = validate({ name: 'client', hasKind: (kind) => kind === 'title', sightings }, truth)
  return found.map((complaint) => complaint.slice(0, complaint.indexOf(':')))
}

test('[F1] a recording without a fault passes: a snapshot, commits, bookmarks over what is not seen, and a reset that was due', () => {
  expect(complaints(snapshot(0), commit(1), commit(2), bookmark(3), commit(4), snapshot(7), commit(8))).toEqual([])
  expect(complaints(snapshot(2), commit(4))).toEqual([])
})

test.each<[string, readonly Sighting[], string]>([
  ['revisions that do not ascend', [snapshot(4), commit(5), snapshot(3)], 'Ordered'],
  ['a commit that comes twice', [snapshot(0), commit(1), commit(1)], 'Unique'],
  ['a part of a commit', [snapshot(0), { ...commit(1), text: '[1000]' }], 'Atomic'],
  ['a commit that is missing before another one', [snapshot(0), commit(1), commit(4)], 'Reliable'],
  ['a commit before anything else', [commit(1)], 'Reliable'],
  ['a snapshot where nothing had been missed', [snapshot(0), commit(1), snapshot(5, false)], 'Resumable'],
  ['a bookmark behind a commit that did not come', [snapshot(0), bookmark(2)], 'Bookmarkable'],
  ['a place that never was', [snapshot(0), { what: 'bookmark', cursor: 'epoch-aa.3.check-99' }], 'Bookmarkable'],
])('[F1] the validators notice %s', (_what, sightings, expected) => {
  expect(complaints(...sightings)).toContain(expected)
})
