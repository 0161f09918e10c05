/** The ordered commits on disk: written by commits, read by followers. */
import { HoldfastError } from '../../base/error.ts'
import { decodeCursor, encodeCursor } from '../../state/cursor.ts'
import type { Connection, Row, Statement } from '../../sqlite/driver.ts'
import { tooLarge } from '../commit/commit-context.ts'
import { Chain, type ChainedCommit } from '../identity.ts'
import type { Ledger, Point } from '../ledger.ts'

/** A commit as stored. */
export interface StoredCommit {
  readonly revision: number
  readonly chain: string
  readonly at: number
  readonly instance: string
  readonly actor: string | undefined
  readonly label: string | undefined
  /** JSON text; see encode-change. */
  readonly changes: string
}

/** Commits read at once, at most; and the bytes of them after which no further one is. */
const batchCommits = 256
const batchBytes = 1024 * 1024

/** Bytes a commit counts in the history besides its changes: its other columns and the row around them. */
const rowBytes = 96

/** Characters of the chain that a cursor carries. */
const checkCharacters = 8

export class History {
  readonly #ledger: Ledger
  readonly #chain = new Chain()
  #insert: Statement | undefined
  #read: Statement | undefined
  #chainAt: Statement | undefined
  #originAt: Statement | undefined
  #tail: Statement | undefined

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  attach(connection: Connection): void {
    this.#insert = connection.prepare(
      'INSERT INTO hf_commit (revision, chain, at, instance, counter, actor, label, position, changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#read = connection.prepare(
      'SELECT revision, chain, at, instance, actor, label, changes FROM hf_commit WHERE revision > ? AND revision <= ? AND (position <= ? OR revision = ?) ORDER BY revision',
    )
    this.#chainAt = connection.prepare('SELECT chain, position FROM hf_commit WHERE revision = ?')
    this.#originAt = connection.prepare('SELECT at, instance, actor, label FROM hf_commit WHERE revision = ?')
    this.#tail = connection.prepare(
      'SELECT revision, at, counter FROM hf_commit WHERE instance = ? AND revision > ? ORDER BY revision DESC',
    )
  }

  /**
   * Adds a commit inside the open transaction and moves the head to it.
   *
   * @throws HoldfastError COMMIT_TOO_LARGE when its changes have more than `maxBytes`
   */
  append(commit: ChainedCommit, maxBytes: number): void {
    const { head } = this.#ledger
    const { revision, at, instance, counter, actor, label } = commit
    const { chain, changes } = this.#chain.next(head.chain, commit)
    const bytes = Buffer.byteLength(changes)
    if (bytes > maxBytes) throw tooLarge(bytes, maxBytes)
    const position = head.position + bytes + rowBytes
    this.#insert?.execute(revision, chain, at, instance, counter, actor, label, position, changes)
    this.#ledger.head = { revision, chain, position }
  }

  /** The next commits after `after` and up to `upTo`: at least one where there is one, at most a batch. */
  read(after: Point, upTo: number): StoredCommit[] {
    const last = Math.min(upTo, after.revision + batchCommits)
    return (this.#read?.all(after.revision, last, after.position + batchBytes, after.revision + 1) ?? []).map(toStoredCommit)
  }

  /** The point of a retained revision, horizon and head included. */
  pointAt(revision: number): Point | undefined {
    const { head, horizon } = this.#ledger
    if (revision === head.revision) return head
    if (revision === horizon.revision) return horizon
    if (revision < horizon.revision) return undefined
    const row = this.#chainAt?.get(revision)
    return row && { revision, chain: String(row[0]), position: Number(row[1]) }
  }

  /** Who made a commit, while the history has it. */
  originAt(revision: number): { at: number; instance: string; actor: string | undefined; label: string | undefined } | undefined {
    const row = this.#originAt?.get(revision)
    if (row === undefined) return undefined
    return { at: Number(row[0]), instance: String(row[1]), actor: toOptional(row[2]), label: toOptional(row[3]) }
  }

  /** The commit an instance counted as `counter`, looked for after `after`. */
  findByToken(instance: string, counter: number, after: number): { revision: number; at: number } | undefined {
    for (const [revision, at, counted] of this.#tail?.all(instance, after) ?? []) {
      if (counted === counter) return { revision: Number(revision), at: Number(at) }
    }
    return undefined
  }

  /** True when a commit that the instance counted before `counter` is in the history after `after`. */
  reachesBefore(instance: string, counter: number, after: number): boolean {
    return (this.#tail?.all(instance, after) ?? []).some(([, , counted]) => Number(counted) < counter)
  }

  cursorAt(point: Point): string {
    return encodeCursor({ epoch: this.#ledger.epoch, revision: point.revision, check: point.chain.slice(0, checkCharacters) })
  }

  /**
   * The point a cursor names.
   *
   * @throws HoldfastError CURSOR_INVALID · CURSOR_EXPIRED · CURSOR_IN_FUTURE · CURSOR_DIVERGED
   */
  resolve(cursor: string): Point {
    const named = decodeCursor(cursor)
    const { head, horizon, epoch } = this.#ledger
    const { revision } = named
    if (named.epoch !== epoch) throw diverged(revision, 'epoch')
    if (revision < horizon.revision) throw expired(revision, horizon.revision)
    if (revision > head.revision) {
      throw new HoldfastError('CURSOR_IN_FUTURE', `The cursor is at revision ${revision}, the store at ${head.revision}.`, {
        revision,
        head: head.revision,
      })
    }
    const point = this.pointAt(revision)
    if (point?.chain.slice(0, checkCharacters) !== named.check) throw diverged(revision, 'check')
    return point
  }
}

export function expired(revision: number, horizon: number): HoldfastError<'CURSOR_EXPIRED'> {
  return new HoldfastError('CURSOR_EXPIRED', `The history now begins after revision ${horizon}; the cursor is at ${revision}.`, {
    revision,
    horizon,
  })
}

export function diverged(revision: number, reason: 'epoch' | 'check'): HoldfastError<'CURSOR_DIVERGED'> {
  const why = reason === 'epoch' ? 'a history that has ended' : 'a commit that this history does not have'
  return new HoldfastError('CURSOR_DIVERGED', `The cursor at revision ${revision} names ${why}.`, { revision, reason })
}

function toStoredCommit(row: Row): StoredCommit {
  return {
    revision: row[0] as number,
    chain: row[1] as string,
    at: row[2] as number,
    instance: row[3] as string,
    actor: toOptional(row[4]),
    label: toOptional(row[5]),
    changes: row[6] as string,
  }
}

function toOptional(cell: Row[number] | undefined): string | undefined {
  return typeof cell === 'string' ? cell : undefined
}
