/** The verifier must pass what the engine writes, and notice each thing that damage or a bug could have done to it (oracle O8). */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openStore } from '../../../src/index.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { perform, planCommit } from '../commit-plan.ts'
import { SeededRandom } from '../seeded-random.ts'
import { stateAt } from '../state.ts'
import { readStore } from './raw-store.ts'
import { type Known, verifyStore } from './verify-store.ts'

/** Writes a store with commits of every sort and returns its database file. */
async function writeStore(
  directory: string,
  commits: { readonly from: number; readonly to: number; readonly minCommits?: number; readonly version?: number },
): Promise<string> {
  const { from, to, minCommits = 1000, version = 1 } = commits
  const store = await openStore(stateAt(version), { directory, history: { maxBytes: 1, minCommits } })
  const random = new SeededRandom(`verify/${from}`)
  for (let number = from; number <= to; number += 1) {
    const label = `w1.1.${number}${random.chance(0.3) ? 'i' : ''}`
    const plan = planCommit(store, label, random)
    const request = label.endsWith('i') ? { id: label, action: 'write' } : {}
    await store.commit((tx) => perform(tx, plan), { label, actor: 'w1', durability: 'process', ...request }).catch(() => undefined)
  }
  await store.prune()
  await store.close()
  return join(directory, 'store.db')
}

function verify(file: string, before?: Known): ReturnType<typeof verifyStore> {
  return verifyStore(readStore(file), before)
}

test('[P6] the verifier folds what the engine wrote: from the beginning, over what it knew, over a migration, and from the horizon', async () => {
  const directory = temporaryDirectory()
  const file = await writeStore(directory, { from: 1, to: 300 })
  const first = verify(file)
  expect(first).toMatchObject({ problems: [], isFolded: true })

  await writeStore(directory, { from: 301, to: 400 })
  const second = verify(file, first.known)
  expect(second).toMatchObject({ problems: [], isFolded: true })

  await writeStore(directory, { from: 401, to: 420, version: 2 })
  const third = verify(file, second.known)
  expect(third).toMatchObject({ problems: [], isFolded: true })

  await writeStore(directory, { from: 421, to: 500, version: 2, minCommits: 20 })
  expect(verify(file, third.known)).toMatchObject({ problems: [], isFolded: false })
})

/** The newest item, on which most of the damage below is done. */
const newest = '(SELECT row FROM k2 ORDER BY revision DESC LIMIT 1)'

const damages: readonly (readonly [name: string, sql: string, complaint: RegExp])[] = [
  ['a record changed', `UPDATE k2 SET value = replace(value, '"pad":"', '"pad":"x') WHERE row = ${newest}`, /wrong checksum/],
  ['a record gone', `DELETE FROM k2 WHERE row = ${newest}`, /is missing/],
  ['a record of another revision', `UPDATE k2 SET revision = revision - 1 WHERE row = ${newest}`, /the history says/],
  [
    'a record nobody wrote',
    'INSERT INTO k2 SELECT 100000, key || 0, value, revision, at, crc, f0, f1, f2, key || 0 FROM k2 LIMIT 1',
    /the history does not make it/,
  ],
  ['a secret changed', `UPDATE k3 SET value = replace(value, '"pad":"', '"pad":"x')`, /does not match its own hash/],
  ['an index cell changed', `UPDATE k2 SET f0 = 'g99' WHERE row = ${newest}`, /wrong index cell f0/],
  ['an entry gone', 'DELETE FROM k4 WHERE seq = (SELECT max(seq) FROM k4)', /events \d+ of revision \d+ is missing/],
  ['a commit gone', 'DELETE FROM hf_commit WHERE revision = 100', /revision 101 follows 99/],
  [
    'the last commit gone',
    'DELETE FROM hf_commit WHERE revision = (SELECT max(revision) FROM hf_commit)',
    /the history does not make it|the history says/,
  ],
  [
    'a commit changed',
    `UPDATE hf_commit SET changes = replace(changes, '"pad":"', '"pad":"x') WHERE revision = 100`,
    /the chain breaks at revision 100/,
  ],
  ['a commit relabelled', `UPDATE hf_commit SET label = 'w1.1.7' WHERE revision = 100`, /the chain breaks at revision 100/],
  ['a commit counted twice', 'UPDATE hf_commit SET position = position + 1 WHERE revision = 100', /is at position/],
  ['a forgotten id', 'DELETE FROM hf_request WHERE revision = (SELECT max(revision) FROM hf_request)', /which is not recorded/],
  [
    'an id of another commit',
    'UPDATE hf_request SET revision = revision + 1 WHERE revision = (SELECT min(revision) FROM hf_request)',
    /not its commit/,
  ],
  ['a page that no table owns', "PRAGMA writable_schema = on; DELETE FROM sqlite_schema WHERE name = 'k4_stream'", /integrity/],
]

test.each(damages)('[P6] the verifier notices %s', async (_name, sql, complaint) => {
  const file = await writeStore(temporaryDirectory(), { from: 1, to: 160 })
  const database = new DatabaseSync(file, { defensive: false })
  database.exec(sql)
  database.close()
  expect(verify(file).problems.join('\n')).toMatch(complaint)
})

test('[P3] the verifier notices a history that went back, or was written anew', async () => {
  const directory = temporaryDirectory()
  const file = await writeStore(directory, { from: 1, to: 50 })
  const { known } = verify(file)
  const other = await writeStore(temporaryDirectory(), { from: 60, to: 100 })
  expect(verify(other, known).problems).toContainEqual(expect.stringMatching(/went back/))
  const longer = await writeStore(temporaryDirectory(), { from: 60, to: 140 })
  expect(verify(longer, verify(file).known).problems).toContainEqual(expect.stringMatching(/is not the commit it was/))
})
