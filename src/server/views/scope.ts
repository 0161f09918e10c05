/** What one client follows: some kinds, as a view shows them, with cursors of that view. */
import type { Commit } from '../../state/change.ts'
import type { Serving } from '../../store/store-handle.ts'
import type { Store } from '../../store/store.ts'
import { snapshotPieces } from '../snapshot-bytes.ts'
import type { View } from './view.ts'

/** A snapshot as it travels, and where it leads on from. */
export interface SnapshotLines {
  readonly cursor: string
  readonly pieces: readonly Uint8Array[]
}

export interface Scope {
  /** The same for equal scopes, and for no others. */
  readonly key: string
  readonly kinds: readonly string[]
  /** The newest published commit, as a place to follow from. */
  readonly cursor: string
  /** Commits after a cursor. @throws HoldfastError CURSOR_… · STORE_CLOSED */
  follow(after: string, signal: AbortSignal): AsyncIterable<Commit>
  /** A snapshot; one that is shared may be up to a second old, since it serves many. */
  snapshot(isShared: boolean): Promise<SnapshotLines>
}

/** @param kinds of those that the view shows */
export function createScope(store: Store, serving: Pick<Serving, 'snapshot'>, view: View, kinds: readonly string[]): Scope {
  const conditions = new Map(kinds.map((name) => [name, view.kinds.get(name) ?? []]))
  return {
    key: `${view.key}:${kinds.join()}`,
    kinds,
    get cursor() {
      return view.mask(store.cursor)
    },
    follow(after, signal) {
      const commits = store.follow({ after: view.mask(after), kinds: [...kinds], signal }) as AsyncIterable<Commit>
      return view.isWhole ? commits : show(commits, view)
    },
    async snapshot(isShared) {
      const snapshot = await serving.snapshot(conditions, isShared)
      const cursor = view.mask(snapshot.cursor)
      return { cursor, pieces: snapshotPieces(store.state, { ...snapshot, cursor }) }
    },
  }
}

async function* show(commits: AsyncIterable<Commit>, view: View): AsyncGenerator<Commit, void, void> {
  for await (const commit of commits) yield view.show(commit)
}
