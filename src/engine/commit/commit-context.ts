/** One commit while its callback runs. */
import { HoldfastError } from '../../base/error.ts'
import type { Connection } from '../../sqlite/driver.ts'
import type { Change } from '../../state/change.ts'
import { type Durability, floorOf, type KindDurability, strongest } from '../../state/durability.ts'

/** Something that takes part in a commit and can say what it changed. */
export interface ChangeSource {
  /** Writes again what it wrote: the commit has got a later revision. */
  restamp(): void
  /** The texts of its changes with commas between, `''` for none; asked once, at the end of the callback. */
  collect(): string
  /** Forgets what it remembers of this commit; the database is rolled back by others. */
  undo(): void
}

/** What all commits of a connection have in common. */
export interface ContextParts {
  readonly maxBytes: number
  readonly connection: Connection
  /** Makes another commit, of what `write` writes, before the one that runs. */
  readonly precede: (commit: CommitContext, write: (before: CommitContext) => void) => void
}

export class CommitContext {
  /** The revision the commit will have if it changes anything; grows when another is made before it. */
  revision: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** The strongest rung that the kinds written declare. */
  kindDurability: Durability | undefined
  /** A kind without a declared rung was written. */
  writesPlainKind = false
  /** Rows beside the history were written that must be as durable as the commit is, although they are no change. */
  writesBeside = false
  #isRunning = true
  #bytes = 0
  readonly #parts: ContextParts
  /** The last failure of a statement after which the transaction was seen to be there still. */
  #survived: Error | undefined
  #sources: ChangeSource[] | undefined
  /** Commits made before this one in its place of the queue, which share its fate. */
  #preceding: CommitContext[] | undefined
  #whenMade: (() => void)[] | undefined
  #shared: Map<object, unknown> | undefined
  /** Changes of kinds that belong to this process; complete once sealed. */
  localChanges: Change[] | undefined

  constructor(revision: number, at: number, parts: ContextParts) {
    this.revision = revision
    this.at = at
    this.#parts = parts
    this.#survived = parts.connection.failure
  }

  /** The callback still runs, in its transaction. */
  get isOpen(): boolean {
    return this.#isRunning && (this.#parts.connection.failure === this.#survived || this.#hasSurvived())
  }

  /**
   * @throws HoldfastError TX_ENDED when the callback this belongs to is over
   * @throws the error with which SQLite ended the transaction, which the callback may have caught: what it would write from
   * then on would be no part of any commit
   */
  assertOpen(method: string): void {
    if (this.isOpen) return
    if (this.#isRunning && this.#parts.connection.failure !== undefined) throw this.#parts.connection.failure
    throw new HoldfastError('TX_ENDED', `tx.${method} was called after its commit had ended.`, { method })
  }

  end(): void {
    this.#isRunning = false
  }

  /** Most statements that fail, such as one a unique index refuses, leave the transaction as it is; a full disk ends it. */
  #hasSurvived(): boolean {
    if (!this.#parts.connection.inTransaction) return false
    this.#survived = this.#parts.connection.failure
    return true
  }

  register(source: ChangeSource): void {
    if (this.#sources === undefined) this.#sources = [source]
    else this.#sources.push(source)
  }

  noteKind(durability: KindDurability | undefined): void {
    if (durability === 'memory') return
    const floor = floorOf(durability)
    if (floor === undefined) this.writesPlainKind = true
    else this.kindDurability = strongest(this.kindDurability, floor)
  }

  /** What belongs to `owner` in this commit; made when first asked for. */
  shared<Value>(owner: object, make: () => Value): Value {
    this.#shared ??= new Map()
    const known = this.#shared.get(owner) as Value | undefined
    if (known !== undefined) return known
    const made = make()
    this.#shared.set(owner, made)
    return made
  }

  noteLocal(change: Change): void {
    if (this.localChanges === undefined) this.localChanges = [change]
    else this.localChanges.push(change)
  }

  /** Counts what a write adds, in characters, which are never more than its bytes: a commit far too large ends here. */
  addBytes(count: number): void {
    this.#bytes += count
    const { maxBytes } = this.#parts
    if (this.#bytes > maxBytes) throw tooLarge(this.#bytes, maxBytes)
  }

  /** Calls back once the commit is made; never when it is not. */
  onMade(callback: () => void): void {
    if (this.#whenMade === undefined) this.#whenMade = [callback]
    else this.#whenMade.push(callback)
  }

  /** Makes a commit before this one of what `write` writes. */
  precede(write: (before: CommitContext) => void): void {
    this.#parts.precede(this, write)
  }

  /** Another commit was made before this one, which so comes after it. */
  follow(before: CommitContext): void {
    this.revision = before.revision + 1
    for (const source of this.#sources ?? []) source.restamp()
    if (this.#preceding === undefined) this.#preceding = [before]
    else this.#preceding.push(before)
  }

  /** Others were made before it, in the same place of the queue. */
  get isPreceded(): boolean {
    return this.#preceding !== undefined
  }

  /** Call when its transaction is committed. */
  made(): void {
    for (const before of this.#preceding ?? []) before.made()
    for (const callback of this.#whenMade ?? []) callback()
  }

  /** The JSON text of all changes, or undefined when there are none. @throws HoldfastError COMMIT_TOO_LARGE */
  seal(): string | undefined {
    let changes = ''
    for (const source of this.#sources ?? []) changes = joinChanges(changes, source.collect())
    return changes === '' ? undefined : `[${changes}]`
  }

  undo(): void {
    for (const source of this.#sources ?? []) source.undo()
    for (const before of this.#preceding?.toReversed() ?? []) before.undo()
  }
}

/** Adds the texts of further changes to those of others; either may be `''`. */
export function joinChanges(changes: string, more: string): string {
  if (changes === '') return more
  return more === '' ? changes : `${changes},${more}`
}

export function tooLarge(bytes: number, maxBytes: number): HoldfastError<'COMMIT_TOO_LARGE'> {
  return new HoldfastError('COMMIT_TOO_LARGE', `The commit holds at least ${bytes} bytes of changes; the limit is ${maxBytes}.`, {
    bytes,
    maxBytes,
  })
}
