/** The truth that recordings are held against: everything in a store's history. */
import { openStore, type Store } from '../../src/index.ts'
import { epochOf, revisionOf } from '../../src/protocol/commit-text.ts'
import { simulated } from '../simulation/state.ts'
import type { Recording, TrueCommit, Truth } from '../simulation/validators.ts'

export interface History extends Truth {
  /** Texts of all notes, in order. */
  readonly notes: readonly string[]
}

/** @param recordings whose cursors are looked up, too */
export async function readHistory(directory: string, recordings: readonly Recording[]): Promise<History> {
  const store = await openStore(simulated, { directory })
  const commits = new Map<string, TrueCommit>()
  const notes: string[] = []
  const nameOf = (epoch: string, revision: number): string => `${epoch} ${revision}`
  for await (const commit of store.follow()) {
    commits.set(nameOf(epochOf(commit.cursor), commit.revision), commit)
    for (const change of commit.changes) if (change.op === 'append' && change.stream === 'notes') notes.push(change.value)
    if (commit.cursor === store.cursor) break
  }
  // A commit that nobody sees anything of is not told of; the store knows its place all the same.
  for (const cursor of placesOf(recordings)) {
    const name = nameOf(epochOf(cursor), revisionOf(cursor))
    if (!commits.has(name) && (await isPlace(store, cursor)))
      commits.set(name, { cursor, at: 0, actor: undefined, label: undefined, changes: [] })
  }
  await store.close()
  return { notes, commitAt: (epoch, revision) => commits.get(nameOf(epoch, revision)) }
}

function placesOf(recordings: readonly Recording[]): ReadonlySet<string> {
  return new Set(recordings.flatMap(({ sightings }) => sightings.map(({ cursor }) => cursor)))
}

async function isPlace(store: Store<typeof simulated>, after: string): Promise<boolean> {
  try {
    await store.follow({ after, signal: AbortSignal.abort() }).next()
    return true
  } catch {
    return false
  }
}
