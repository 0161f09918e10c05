/**
 * A history as a server has it open: what of `Store` the network side uses.
 *
 * It keeps the order of the real one: a commit is written, then synced, then published, and only published ones are seen by followers and
 * snapshots. A process that is killed does nothing more: its clock no longer calls back.
 */
import type { Clock } from '../../../src/base/clock.ts'
import { HoldfastError } from '../../../src/base/error.ts'
import { diverged, expired } from '../../../src/engine/history/history.ts'
import { decodeCursor } from '../../../src/state/cursor.ts'
import type { Commit } from '../../../src/state/change.ts'
import type { SeededRandom } from '../../harness/seeded-random.ts'
import type { Draft, History, StoredCommit } from './history.ts'
import { simulated } from '../state.ts'

/** Commits a follower reads at once, at most. */
const batchCommits = 5

/** How old a shared snapshot may be; pruning keeps as many commits at least. */
const sharedMs = 1000
export const sharedCommits = 20

/** Until another process's commit is noticed, ms. */
const lookMs = 40

/** Lines of a snapshot in one piece, at most. */
const pieceLines = 4

export interface OpenHistoryParts {
  readonly history: History
  readonly clock: Clock
  readonly random: SeededRandom
}

interface CommitAsked {
  readonly id?: string
  readonly actor?: string
  readonly label?: string
}

interface Lines {
  readonly count: number
  readonly bytes: readonly Uint8Array[]
}

interface Taken {
  readonly cursor: string
  readonly revision: number
  readonly kinds: { readonly [kind: string]: Lines }
}

interface Followed {
  readonly after: string
  readonly kinds: readonly string[]
  readonly signal: AbortSignal
}

const encoder = new TextEncoder()

export class OpenHistory {
  readonly state = simulated
  readonly directory = ':memory:'
  readonly #parts: OpenHistoryParts
  readonly #closing = new AbortController()
  readonly #listeners = new Set<() => void>()
  readonly #shared = new Map<string, { readonly taken: Promise<Taken>; readonly takenAt: number }>()
  /** Ends commits of which nobody can say whether they will be there. */
  readonly #unsure = new Set<() => void>()
  #published: number

  constructor(parts: OpenHistoryParts) {
    this.#parts = parts
    const { history } = parts
    // What is found at open is made durable before anything else.
    history.sync(history.head)
    this.#published = history.head
  }

  get cursor(): string {
    if (this.#closing.signal.aborted) throw closed('cursor')
    return this.#parts.history.cursorAt(this.#published)
  }

  commit(write: (tx: Draft) => unknown, { id, actor, label }: CommitAsked = {}): Promise<{ readonly value: unknown }> {
    const { history, clock, random } = this.#parts
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly value: unknown }>()
    const unsure = (): void => reject(new HoldfastError('COMMIT_UNKNOWN', 'The store was replaced.', { token: 'simulated' }))
    const run = (): void => {
      if (this.#closing.signal.aborted) return reject(closed('commit'))
      const known = id === undefined ? undefined : history.findRequest(id)
      const value = known === undefined ? history.commit({ at: clock.now(), actor, label, id, write }) : known.request?.value
      const revision = history.head
      this.#unsure.add(unsure)
      clock.after(random.next() * 12, () => {
        this.#unsure.delete(unsure)
        history.sync(revision)
        this.#publish(revision)
        resolve({ value })
      })
    }
    clock.after(random.next() * 3, run)
    return promise
  }

  /** Another process has committed. */
  noticeLater(): void {
    const { history, clock, random } = this.#parts
    clock.after(random.next() * lookMs, () => this.#publish(history.durable))
  }

  /** Another history is in the place of the one there was. */
  replaced(): void {
    this.#published = this.#parts.history.durable
    this.#shared.clear()
    for (const end of [...this.#unsure]) end()
    this.#unsure.clear()
    this.#wake()
  }

  /** The cursor of everything that has been read, once it is published. */
  async publishReads(): Promise<string> {
    const { history } = this.#parts
    const { head } = history
    const cursor = history.cursorAt(head)
    await this.#until(() => this.#published >= head || history.epoch !== cursor.split('.')[0], [])
    if (this.#closing.signal.aborted) throw closed('publishReads')
    return cursor
  }

  follow({ after, kinds, signal }: Followed): AsyncGenerator<Commit, void, void> {
    const left = new AbortController()
    const follower = this.#follow({ after, kinds, signal }, left.signal)
    const end = follower.return.bind(follower)
    follower.return = (value) => {
      left.abort()
      return end(value)
    }
    return follower
  }

  async snapshot(kinds: readonly string[], { shared = false }: { readonly shared?: boolean } = {}): Promise<Taken> {
    const { clock } = this.#parts
    const key = kinds.join()
    const known = this.#shared.get(key)
    const isYoung = shared && known !== undefined && clock.elapsed() - known.takenAt <= sharedMs
    if (isYoung && this.#published - (await known.taken).revision <= sharedCommits) return known.taken
    const taken = this.#take(kinds)
    this.#shared.set(key, { taken, takenAt: clock.elapsed() })
    taken.catch(() => this.#shared.delete(key))
    return taken
  }

  close(): void {
    this.#closing.abort()
    this.#wake()
  }

  async *#follow({ after, kinds, signal }: Followed, left: AbortSignal): AsyncGenerator<Commit, void, void> {
    const { history } = this.#parts
    const over = [this.#closing.signal, left, signal]
    const isOver = (): boolean => over.some(({ aborted }) => aborted)
    let at = this.#resolve(after)
    const { epoch } = history
    while (!isOver()) {
      if (history.epoch !== epoch) throw diverged(at, 'epoch')
      if (this.#published > at && at < history.horizon) throw expired(at, history.horizon)
      const end = Math.min(this.#published, at + batchCommits)
      for (const commit of showTo(kinds, history.between(at, end))) {
        if (isOver()) return
        yield commit
      }
      at = Math.max(at, end)
      const hasMore = (): boolean => this.#published > at || history.epoch !== epoch
      if (hasMore()) await this.#turn()
      else await this.#until(hasMore, over)
    }
  }

  #resolve(after: string): number {
    const { history } = this.#parts
    const { epoch, revision, check } = decodeCursor(after)
    if (epoch !== history.epoch) throw diverged(revision, 'epoch')
    if (revision < history.horizon) throw expired(revision, history.horizon)
    if (revision > history.head) throw new HoldfastError('CURSOR_IN_FUTURE', 'It is ahead.', { revision, head: history.head })
    if (history.checkAt(revision) !== check) throw diverged(revision, 'check')
    return revision
  }

  async #take(kinds: readonly string[]): Promise<Taken> {
    const { history, clock, random } = this.#parts
    await new Promise<void>((resolve) => void clock.after(random.next() * 10, resolve))
    const { head: revision, epoch } = history
    const cursor = history.cursorAt(revision)
    const { title, accounts, lines } = history.contentAt(revision)
    const all: { readonly [kind: string]: readonly (readonly unknown[])[] } = {
      title: title === undefined ? [] : [['', title.revision, title.at, title.value]],
      accounts: [...accounts].map(([key, entry]) => [key, entry.revision, entry.at, entry.value]),
      lines: lines.map((entry) => [entry.seq, entry.stream, entry.revision, entry.at, entry.value]),
    }
    const taken = { cursor, revision, kinds: Object.fromEntries(kinds.map((kind) => [kind, toLines(all[kind] ?? [])])) }
    await new Promise<void>((resolve) => void clock.after(random.next() * 40, resolve))
    await this.#until(() => this.#published >= revision || history.epoch !== epoch, [])
    if (this.#closing.signal.aborted) throw closed('snapshot')
    return taken
  }

  #publish(revision: number): void {
    const { head } = this.#parts.history
    this.#published = Math.max(this.#published, Math.min(revision, head))
    this.#wake()
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => void this.#parts.clock.after(0, resolve))
  }

  /** Resolves once something holds, or all is over. */
  async #until(isReached: () => boolean, over: readonly AbortSignal[]): Promise<void> {
    const isOver = (): boolean => this.#closing.signal.aborted || over.some(({ aborted }) => aborted)
    if (isReached() || isOver()) return
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!isReached() && !isOver()) return
        this.#listeners.delete(look)
        for (const signal of over) signal.removeEventListener('abort', look)
        resolve()
      }
      this.#listeners.add(look)
      for (const signal of over) signal.addEventListener('abort', look)
    })
  }
}

/** Commits as a follower of these kinds sees them; a bookmark when it sees nothing of the last one. */
function* showTo(kinds: readonly string[], commits: readonly StoredCommit[]): Generator<Commit, void, void> {
  let last: StoredCommit | undefined
  for (const commit of commits) {
    const changes = commit.changes.filter(({ kind }) => kinds.includes(kind))
    last = changes.length === 0 ? commit : undefined
    if (changes.length > 0) yield { ...commit, changes }
  }
  if (last !== undefined) yield { ...last, actor: undefined, label: undefined, changes: [] }
}

function toLines(rows: readonly (readonly unknown[])[]): Lines {
  const bytes: Uint8Array[] = []
  for (let at = 0; at < rows.length; at += pieceLines) {
    const lines = rows.slice(at, at + pieceLines).map((row) => `${JSON.stringify(row)}\n`)
    bytes.push(encoder.encode(lines.join('')))
  }
  return { count: rows.length, bytes }
}

function closed(method: string): HoldfastError<'STORE_CLOSED'> {
  return new HoldfastError('STORE_CLOSED', `store.${method} was used after store.close().`, { method })
}
