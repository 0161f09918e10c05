/** Watchers: callbacks for the published changes of a kind, each commit once, in order, never inside one (rule F1, D7). */
import type { Report } from '../../base/report.ts'
import type { Change, Commit } from '../../state/change.ts'
import type { History } from '../history/history.ts'
import type { Feed } from './feed.ts'
import type { Publication } from './publication.ts'

export interface WatcherParts {
  readonly feed: Feed
  readonly history: History
  readonly publication: Publication
  readonly report: Report
}

type Watcher = (changes: readonly Change[], commit: Commit) => void

interface Watching {
  readonly kind: string
  readonly watcher: Watcher
  /** Commits up to this one were published before the watcher came. */
  readonly after: number
}

export class Watchers {
  readonly #parts: WatcherParts
  readonly #watching = new Set<Watching>()
  #pump: AbortController | undefined

  constructor(parts: WatcherParts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#watching.size
  }

  /** Calls `watcher` once for each commit published from now on that changes the kind. Returns the unsubscriber. */
  watch(kind: string, watcher: Watcher): () => void {
    const watching = { kind, watcher, after: this.#parts.publication.published.revision }
    this.#watching.add(watching)
    if (this.#pump === undefined) void this.#run()
    return () => {
      this.#watching.delete(watching)
      if (this.#watching.size === 0) this.#pump?.abort()
    }
  }

  /** One follower for all watchers. Where the history it should go on from is gone, it goes on from now, and says so. */
  async #run(): Promise<void> {
    const pump = new AbortController()
    this.#pump = pump
    try {
      const { feed, history, publication } = this.#parts
      const after = history.cursorAt(publication.published)
      for await (const commit of feed.follow({ after, kinds: undefined, signal: pump.signal, isBackground: true })) this.#tell(commit)
    } catch (error) {
      this.#parts.report({ type: 'watch-gap', message: 'Watchers missed commits; they go on from the newest one.', error })
    } finally {
      if (this.#pump === pump) this.#pump = undefined
      if (this.#watching.size > 0 && !this.#parts.feed.isClosing && this.#pump === undefined) queueMicrotask(() => this.#restart())
    }
  }

  #restart(): void {
    if (this.#pump === undefined && this.#watching.size > 0) void this.#run()
  }

  #tell(commit: Commit): void {
    const byKind = new Map<string, Change[]>()
    for (const change of commit.changes) {
      const changes = byKind.get(change.kind)
      if (changes === undefined) byKind.set(change.kind, [change])
      else changes.push(change)
    }
    for (const watching of [...this.#watching]) {
      const changes = byKind.get(watching.kind)
      if (changes !== undefined && commit.revision > watching.after && this.#watching.has(watching)) this.#call(watching, changes, commit)
    }
  }

  #call({ kind, watcher }: Watching, changes: readonly Change[], commit: Commit): void {
    try {
      watcher(changes, commit)
    } catch (error) {
      this.#parts.report({ type: 'watcher-failed', message: `A watcher of "${kind}" threw at revision ${commit.revision}.`, error })
    }
  }
}
