/** Watchers: callbacks for the published changes of a kind, each commit once, in order, never inside one (rule F1, D7). */
import { isHoldfastError } from '../../base/error.ts'
import type { ErrorCode } from '../../base/error-codes.ts'
import type { Report } from '../../base/report.ts'
import type { Change, Commit } from '../../state/change.ts'
import type { History } from '../history/history.ts'
import type { Point } from '../ledger.ts'
import type { Feed } from './feed.ts'
import type { Publication } from './publication.ts'

export interface WatcherParts {
  readonly feed: Feed
  readonly history: History
  readonly publication: Publication
  readonly report: Report
}

type Watcher = (changes: readonly Change[], commit: Commit) => unknown

interface Watching {
  readonly kind: string
  readonly watcher: Watcher
  /** The newest commit that was published when the watcher came: what it watches comes after it. */
  readonly after: Point
}

/** Where the commits that were published last are gone: followers reset, and so do watchers. */
const gaps: readonly ErrorCode[] = ['CURSOR_EXPIRED', 'CURSOR_DIVERGED', 'CURSOR_IN_FUTURE', 'STORE_CORRUPT']

export class Watchers {
  readonly #parts: WatcherParts
  readonly #watching = new Set<Watching>()
  /** Aborts the one follower that serves all watchers; undefined while there is none. */
  #pump: AbortController | undefined
  /** Stops waiting for the publication after which a follower that failed is tried again. */
  #stopWaiting: (() => void) | undefined

  constructor(parts: WatcherParts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#watching.size
  }

  /** Calls `watcher` once for each commit published from now on that changes the kind. Returns the unsubscriber. */
  watch(kind: string, watcher: Watcher): () => void {
    const watching = { kind, watcher, after: this.#parts.publication.published }
    this.#watching.add(watching)
    if (this.#pump === undefined && this.#stopWaiting === undefined) void this.#run(this.#cursorAt(watching.after))
    return () => {
      this.#watching.delete(watching)
      if (this.#watching.size > 0) return
      this.#pump?.abort()
      this.#stopWaiting?.()
      this.#stopWaiting = undefined
    }
  }

  /** One follower for all watchers, from a cursor on until nobody watches. */
  async #run(from: string): Promise<void> {
    const { feed } = this.#parts
    const pump = new AbortController()
    this.#pump = pump
    let after = from
    try {
      for await (const commit of feed.follow({ after, kinds: undefined, signal: pump.signal, isBackground: true })) {
        after = commit.cursor
        this.#tell(commit)
      }
      this.#pump = undefined
      // Watchers that came when the others had left, and their follower had not ended yet.
      const [first] = this.#watching
      if (first !== undefined && !feed.isClosing) void this.#run(this.#cursorAt(first.after))
    } catch (error) {
      this.#pump = undefined
      this.#fail(error, after)
    }
  }

  /** Goes on after the next publication: at once, a failure that lasts would come again without end. */
  #fail(error: unknown, after: string): void {
    const { publication, report, feed } = this.#parts
    const isGap = gaps.some((code) => isHoldfastError(error, code))
    if (isGap) report({ type: 'watch-gap', message: 'Watchers missed commits; they go on from the newest one.', error })
    else report({ type: 'background-failed', message: 'Following for watchers failed; it is tried again after the next commit.', error })
    if (this.#watching.size === 0 || feed.isClosing) return
    const next = isGap ? this.#cursorAt(publication.published) : after
    const stop = publication.subscribe(() => {
      stop()
      this.#stopWaiting = undefined
      void this.#run(next)
    })
    this.#stopWaiting = stop
  }

  #cursorAt(point: Point): string {
    return this.#parts.history.cursorAt(point)
  }

  /** Tells of changes that no feed has, before whoever awaits the commit goes on. */
  tellLocal(changes: readonly Change[]): void {
    queueMicrotask(() => {
      const byKind = groupByKind(changes)
      for (const watching of [...this.#watching]) {
        const seen = byKind.get(watching.kind)
        if (seen !== undefined && this.#watching.has(watching)) this.#call(watching, seen)
      }
    })
  }

  #tell(commit: Commit): void {
    const byKind = groupByKind(commit.changes)
    for (const watching of [...this.#watching]) {
      const changes = byKind.get(watching.kind)
      if (changes !== undefined && commit.revision > watching.after.revision && this.#watching.has(watching))
        this.#call(watching, changes, commit)
    }
  }

  #call({ kind, watcher }: Watching, changes: readonly Change[], commit?: Commit): void {
    const fail = (error: unknown): void => {
      this.#parts.report({
        type: 'watcher-failed',
        message: `A watcher of "${kind}" threw${commit === undefined ? '' : ` at revision ${commit.revision}`}.`,
        error,
      })
    }
    try {
      // Those of kinds that belong to this process are declared without one.
      const result = watcher(changes, commit as Commit)
      if (result instanceof Promise) result.catch(fail)
    } catch (error) {
      fail(error)
    }
  }
}

function groupByKind(changes: readonly Change[]): ReadonlyMap<string, Change[]> {
  const byKind = new Map<string, Change[]>()
  for (const change of changes) {
    const others = byKind.get(change.kind)
    if (others === undefined) byKind.set(change.kind, [change])
    else others.push(change)
  }
  return byKind
}
