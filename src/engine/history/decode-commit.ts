/** Commits of the history as followers see them. Parsed once for all of them, frozen, and filtered by what each may see. */
import { HoldfastError } from '../../base/error.ts'
import type { Change, Commit, DeleteChange, PutChange } from '../../state/change.ts'
import type { FeedMode } from '../../state/kind.ts'
import { fromStoredText } from '../../state/value.ts'
import { operations } from './encode-change.ts'
import type { StoredCommit } from './history.ts'

/** The kinds by the numbers the history uses. */
export type KindsById = ReadonlyMap<number, FedKind>

/** What is asked of a kind about its changes. */
interface FedKind {
  readonly name: string
  readonly feed: FeedMode
  readonly isSecret?: (key: string) => boolean
}

/** Names of the kinds a follower follows; undefined for all. */
export type KindFilter = ReadonlySet<string> | undefined

type Encoded = readonly [kind: number, operation: number, ...rest: unknown[]]

export class DecodedCommit {
  readonly revision: number
  readonly #stored: StoredCommit
  readonly #cursor: string
  readonly #kinds: KindsById
  #whole: Commit | undefined
  #inside: Commit | undefined

  constructor(stored: StoredCommit, cursor: string, kinds: KindsById) {
    this.revision = stored.revision
    this.#stored = stored
    this.#cursor = cursor
    this.#kinds = kinds
  }

  /** Bytes it takes in memory, about. */
  get size(): number {
    return this.#stored.changes.length + 256
  }

  /** The commit with every change that may leave the store. */
  get whole(): Commit {
    this.#whole ??= this.#show()
    return this.#whole
  }

  /** The commit as watchers in this process see it: with the keys of what is secret. */
  get inside(): Commit {
    this.#inside ??= this.#with(this.#decode().map(({ change }) => change))
    return this.#inside
  }

  /** The commit as a follower of some kinds sees it; undefined when it may see none of the changes. */
  visible(filter: KindFilter): Commit | undefined {
    const { whole } = this
    if (filter === undefined) return whole.changes.length === 0 ? undefined : whole
    const changes = whole.changes.filter(({ kind }) => filter.has(kind))
    if (changes.length === 0) return undefined
    return changes.length === whole.changes.length ? whole : this.#with(changes)
  }

  /** Moves a follower's cursor to here without a change. */
  bookmark(): Commit {
    return this.#with([])
  }

  #with(changes: readonly Change[]): Commit {
    const { revision, at, instance, actor, label } = this.#stored
    return Object.freeze({ revision, cursor: this.#cursor, at, instance, actor, label, changes: Object.freeze(changes) })
  }

  #show(): Commit {
    const changes = this.#decode()
    const shown = changes.filter(({ isHome }) => !isHome).map(({ change }) => change)
    return shown.length === changes.length ? this.inside : this.#with(shown)
  }

  #decode(): readonly { readonly change: Change; readonly isHome: boolean }[] {
    const changes: { readonly change: Change; readonly isHome: boolean }[] = []
    for (const encoded of this.#parse()) {
      const kind = this.#kinds.get(encoded[0])
      if (kind === undefined) continue
      const change = decodeChange(kind.name, encoded)
      const isSecret = 'key' in change && kind.isSecret?.(change.key) === true
      if (isSecret) changes.push({ change: Object.freeze(withoutValues(change)), isHome: true })
      else if (kind.feed !== 'none') changes.push({ change: Object.freeze(change), isHome: false })
    }
    return changes
  }

  /** A commit cannot be skipped as a record can: what follows it would not follow from it. */
  #parse(): readonly Encoded[] {
    try {
      return fromStoredText(this.#stored.changes) as readonly Encoded[]
    } catch (cause) {
      const details = { file: 'store.db', reason: `the changes of revision ${this.revision} do not parse` }
      throw new HoldfastError('STORE_CORRUPT', `The history is damaged: ${details.reason}.`, details, { cause })
    }
  }
}

/** What became secret later may be in the history in full. */
function withoutValues({ kind, op, key }: PutChange | DeleteChange): Change {
  return op === 'put' ? { kind, op, key } : { kind, op, key }
}

function decodeChange(kind: string, [, operation, ...rest]: Encoded): Change {
  const [first, second, third, fourth] = rest
  switch (operation) {
    case operations.put:
      return put(kind, first as string, second, rest.length > 2 ? { value: fourth } : undefined)
    case operations.hashedPut:
      return { kind, op: 'put', key: first as string }
    case operations.delete:
      return { kind, op: 'delete', key: first as string, before: third as never }
    case operations.hashedDelete:
      return { kind, op: 'delete', key: first as string }
    case operations.append:
      return { kind, op: 'append', seq: first as number, stream: second as string, value: third as never }
    case operations.hashedAppend:
      return { kind, op: 'append', seq: first as number, stream: second as string }
    default:
      return { kind, op: 'trim', stream: first as string | null, through: second as number }
  }
}

function put(kind: string, key: string, value: unknown, before: { readonly value: unknown } | undefined): Change {
  if (before === undefined) return { kind, op: 'put', key, value: value as never }
  return { kind, op: 'put', key, value: value as never, before: before.value as never }
}
