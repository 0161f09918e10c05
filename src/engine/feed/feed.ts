/**
 * The feed: the published commits after a cursor, history first and then live, with no gap and no repeat (rules F1–F3).
 *
 * A follower is a point in the history, not a queue: it asks for what comes after its point whenever it is ready. Live
 * followers share the *tail*, the newest commits read from the history once for all of them; who has fallen behind the tail reads
 * from the history itself. So a slow follower costs nobody anything, and memory is bounded by the tail.
 */
import { isHoldfastError } from '../../base/error.ts'
import type { Commit } from '../../state/change.ts'
import { DecodedCommit, type KindFilter, type KindsById } from '../history/decode-commit.ts'
import { diverged, expired, type History } from '../history/history.ts'
import { KeepAlive } from '../keep-alive.ts'
import type { Ledger, Point } from '../ledger.ts'
import type { Publication } from './publication.ts'

/** Bytes of recent commits that live followers share. */
const tailBytes = 4 * 1024 * 1024

export interface FeedParts {
  readonly ledger: Ledger
  readonly history: History
  readonly publication: Publication
  readonly kinds: () => KindsById
  /** Begins the read transaction of this turn; throws when the store cannot be read. */
  readonly beginRead: (method: string) => void
  /** The first follower came, or the last one left. */
  readonly onFollowers: (count: number) => void
  /** Aborted when the store closes. */
  readonly closing: AbortSignal
}

export interface FollowOptions {
  /** Where to begin; undefined for everything retained. */
  readonly after: string | undefined
  readonly kinds: KindFilter
  readonly signal: AbortSignal | undefined
  /** For watchers in this process: does not keep it alive while it waits, and sees the keys of what is secret. */
  readonly isBackground?: boolean
}

/** A read batch: commits in order, and the point to read on from. */
interface Batch {
  readonly commits: readonly DecodedCommit[]
  readonly end: Point
}

export class Feed {
  readonly #parts: FeedParts
  #tail: { readonly start: Point; readonly batch: DecodedCommit[]; end: Point; bytes: number } | undefined
  readonly #keepAlive = new KeepAlive()
  #followers = 0

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  get followers(): number {
    return this.#followers
  }

  /** The store closes, or is closed. */
  get isClosing(): boolean {
    return this.#parts.closing.aborted
  }

  /** Forgets the shared tail; the history is another one. */
  forget(): void {
    this.#tail = undefined
  }

  /** The first point after which everything retained comes. */
  get start(): Point {
    return this.#parts.ledger.horizon
  }

  /**
   * Follows from a point. The wake is registered before the history is read, so nothing can fall between the two (F2).
   *
   * @throws HoldfastError CURSOR_EXPIRED when pruning or a migration overtakes the follower, CURSOR_DIVERGED after a new epoch
   */
  follow(options: FollowOptions): AsyncGenerator<Commit, void, void> {
    const left = new AbortController()
    const follower = this.#follow(options, left.signal)
    const end = follower.return.bind(follower)
    // A generator that is left while it waits would end only after what it waits for, and that may never come.
    follower.return = (value) => {
      left.abort()
      return end(value)
    }
    return follower
  }

  async *#follow({ after, kinds, signal, isBackground = false }: FollowOptions, left: AbortSignal): AsyncGenerator<Commit, void, void> {
    const { ledger, beginRead, closing, publication } = this.#parts
    const wake = new Wake(publication, [closing, left, ...(signal === undefined ? [] : [signal])])
    const letGo = isBackground ? undefined : this.#keepAlive.hold()
    this.#count(1)
    try {
      beginRead('follow')
      let at = after === undefined ? this.start : await this.#resolve(after)
      const { epoch } = ledger
      while (!wake.isOver) {
        const { commits, end } = this.#next(at, epoch)
        yield* untilOver(isBackground ? showInside(commits) : showTo(kinds, commits), wake)
        at = end
        await this.#ready(wake, at, epoch)
      }
    } finally {
      letGo?.()
      wake.close()
      this.#count(-1)
    }
  }

  /** The reads of a turn are older than a cursor that another process has given out meanwhile: such a one is resolved in the next. */
  async #resolve(cursor: string): Promise<Point> {
    const { history, beginRead } = this.#parts
    try {
      return history.resolve(cursor)
    } catch (error) {
      if (!isHoldfastError(error, 'CURSOR_IN_FUTURE')) throw error
    }
    await nextTurn()
    beginRead('follow')
    return history.resolve(cursor)
  }

  /** Resolves when there may be more after a point: in the next turn when there is already, else at a publication. */
  async #ready(wake: Wake, at: Point, epoch: string): Promise<void> {
    const { publication, ledger } = this.#parts
    const hasMore = (): boolean => publication.published.revision > at.revision || ledger.epoch !== epoch
    if (hasMore()) await nextTurn()
    else await wake.wait(hasMore)
  }

  #next(at: Point, epoch: string): Batch {
    const { ledger, publication, beginRead } = this.#parts
    beginRead('follow')
    if (ledger.epoch !== epoch) throw diverged(at.revision, 'epoch')
    const { published } = publication
    if (published.revision <= at.revision) return { commits: [], end: at }
    if (at.revision < ledger.horizon.revision) throw expired(at.revision, ledger.horizon.revision)
    return this.#fromTail(at, published) ?? this.#read(at, published)
  }

  /** Reads a batch from the history. One that reaches the published head becomes part of the tail. */
  #read(at: Point, published: Point): Batch {
    const { history, kinds } = this.#parts
    let end = at
    const commits = history.read(at, published.revision).map((stored) => {
      end = { revision: stored.revision, chain: stored.chain, position: end.position + stored.changes.length }
      return new DecodedCommit(stored, history.cursorAt(end), kinds())
    })
    if (commits.length === 0) return { commits, end: at }
    end = history.pointAt(end.revision) ?? end
    if (end.revision === published.revision) this.#extendTail(at, commits, end)
    return { commits, end }
  }

  #fromTail(at: Point, published: Point): Batch | undefined {
    const tail = this.#tail
    if (tail === undefined || at.revision < tail.start.revision || at.revision >= tail.end.revision) return undefined
    if (tail.end.revision > published.revision) return undefined
    return { commits: tail.batch.slice(at.revision - tail.start.revision), end: tail.end }
  }

  #extendTail(at: Point, commits: readonly DecodedCommit[], end: Point): void {
    const isNext = this.#tail?.end.revision === at.revision
    const tail = isNext && this.#tail !== undefined ? this.#tail : { start: at, batch: [], end: at, bytes: 0 }
    tail.batch.push(...commits)
    tail.end = end
    for (const commit of commits) tail.bytes += commit.size
    this.#tail = tail.bytes > tailBytes ? undefined : tail
  }

  #count(by: number): void {
    this.#followers += by
    if (this.#followers === 0) this.#tail = undefined
    this.#parts.onFollowers(this.#followers)
  }
}

/** The commits as a follower sees them; a bookmark when it may not see the last one. */
function* showTo(kinds: KindFilter, commits: readonly DecodedCommit[]): Generator<Commit, void, void> {
  let last: DecodedCommit | undefined
  for (const commit of commits) {
    const visible = commit.visible(kinds)
    last = visible === undefined ? commit : undefined
    if (visible !== undefined) yield visible
  }
  if (last !== undefined) yield last.bookmark()
}

function* showInside(commits: readonly DecodedCommit[]): Generator<Commit, void, void> {
  for (const commit of commits) yield commit.inside
}

function* untilOver(commits: Iterable<Commit>, wake: Wake): Generator<Commit, void, void> {
  for (const commit of commits) {
    if (wake.isOver) return
    yield commit
  }
}

/** Waits for publications, until any of some signals says that all is over. */
class Wake {
  readonly #over: readonly AbortSignal[]
  readonly #unsubscribe: () => void
  #resolve: (() => void) | undefined
  readonly #wake = (): void => {
    const resolve = this.#resolve
    this.#resolve = undefined
    resolve?.()
  }

  constructor(publication: Publication, over: readonly AbortSignal[]) {
    this.#over = over
    for (const signal of over) signal.addEventListener('abort', this.#wake)
    this.#unsubscribe = publication.subscribe(this.#wake)
  }

  get isOver(): boolean {
    return this.#over.some(({ aborted }) => aborted)
  }

  /** Resolves at the next publication after which `isReady` holds, or when all is over. */
  async wait(isReady: () => boolean): Promise<void> {
    while (!this.isOver && !isReady()) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve
      })
    }
  }

  close(): void {
    this.#unsubscribe()
    for (const signal of this.#over) signal.removeEventListener('abort', this.#wake)
    this.#wake()
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
