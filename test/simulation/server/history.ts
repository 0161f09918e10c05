/**
 * What lies on the disk in a simulation: commits of one epoch, as far back as they are kept, and everything there ever was, for the oracle.
 *
 * It outlives servers. `durable` is what a cut of the power leaves; a copy that is restored begins an epoch of its own.
 */
import type { Entry, LogEntry } from '../../../src/state/entry.ts'
import type { Change } from '../../../src/state/change.ts'
import { encodeCursor } from '../../../src/state/cursor.ts'
import { type Account, type Content, keptEntries, textOf, type View } from '../state.ts'
import type { TrueCommit, Truth } from '../validators.ts'

export interface StoredCommit extends TrueCommit {
  readonly revision: number
  readonly check: string
  readonly instance: string
  readonly changes: readonly Change[]
  /** Of a commit with an id. */
  readonly request: { readonly id: string; readonly value: unknown } | undefined
}

/** Who commits, and what. */
export interface Writing {
  readonly at: number
  readonly actor?: string | undefined
  readonly label?: string | undefined
  readonly id?: string | undefined
  readonly write: (tx: Draft) => unknown
}

/** One epoch, whole. */
class Lineage {
  readonly epoch: string
  readonly commits: StoredCommit[]
  /** By revision. */
  readonly contents: Content[]
  readonly #texts = new Map<View, string[]>()

  constructor(epoch: string, commits: readonly StoredCommit[], contents: readonly Content[]) {
    this.epoch = epoch
    this.commits = commits.map((commit) => ({ ...commit, cursor: encodeCursor({ epoch, revision: commit.revision, check: commit.check }) }))
    this.contents = [...contents]
  }

  text(revision: number, view: View): string | undefined {
    const content = this.contents[revision]
    if (content === undefined) return undefined
    const texts = this.#texts.get(view) ?? []
    this.#texts.set(view, texts)
    texts[revision] ??= textOf(content, view)
    return texts[revision]
  }

  truncate(head: number): void {
    this.commits.length = head
    this.contents.length = head + 1
    this.#texts.clear()
  }
}

const nothing: Content = { title: undefined, accounts: new Map(), lines: [] }
const firstCheck = '--------'

export class History implements Truth {
  readonly #lineages = new Map<string, Lineage>()
  #current: Lineage
  /** The commits after it are kept. */
  horizon = 0
  #durable = 0
  #serial = 0

  constructor() {
    this.#current = this.#begin([], [nothing])
  }

  get epoch(): string {
    return this.#current.epoch
  }

  get head(): number {
    return this.#current.commits.length
  }

  get durable(): number {
    return this.#durable
  }

  get epochs(): readonly string[] {
    return [...this.#lineages.keys()]
  }

  cursorAt(revision: number): string {
    const check = this.#current.commits[revision - 1]?.check ?? firstCheck
    return encodeCursor({ epoch: this.epoch, revision, check })
  }

  checkAt(revision: number): string {
    return this.#current.commits[revision - 1]?.check ?? firstCheck
  }

  /** Commits after a revision, up to another one. */
  between(after: number, upTo: number): readonly StoredCommit[] {
    return this.#current.commits.slice(after, upTo)
  }

  contentAt(revision: number): Content {
    return this.#current.contents[revision] ?? nothing
  }

  commitAt(epoch: string, revision: number): StoredCommit | undefined {
    return this.#lineages.get(epoch)?.commits[revision - 1]
  }

  /** Every commit of an epoch, those before it included. */
  commitsOf(epoch: string): readonly StoredCommit[] {
    return this.#lineages.get(epoch)?.commits ?? []
  }

  /** What a client holds at a revision. */
  textAt(epoch: string, revision: number, view: View): string | undefined {
    return this.#lineages.get(epoch)?.text(revision, view)
  }

  findRequest(id: string): StoredCommit | undefined {
    return this.#current.commits.find(({ request }) => request?.id === id)
  }

  /** Commits, unless nothing changes; answers with what the writing answered. */
  commit({ at, actor, label, id, write }: Writing): unknown {
    const revision = this.head + 1
    const draft = new Draft(this.contentAt(this.head), { revision, at })
    const value = write(draft)
    const changes = draft.changes
    if (changes.length === 0) return value
    this.#serial += 1
    const check = this.#serial.toString(36).padStart(8, '0')
    const cursor = encodeCursor({ epoch: this.epoch, revision, check })
    const request = id === undefined ? undefined : { id, value }
    this.#current.commits.push({ revision, check, cursor, at, actor, label, instance: 'simulated', changes, request })
    this.#current.contents.push(draft.content)
    return value
  }

  /** Everything up to a revision survives a cut of the power. */
  sync(revision: number): void {
    this.#durable = Math.max(this.#durable, Math.min(revision, this.head))
  }

  /** The power is cut: what was not durable is gone, and nobody has seen it. */
  cutPower(): void {
    this.#current.truncate(this.#durable)
  }

  /** An older copy takes the place of what there is. */
  restore(revision: number): void {
    const { commits, contents } = this.#current
    this.#current = this.#begin(commits.slice(0, revision), contents.slice(0, revision + 1))
    this.#durable = revision
    this.horizon = Math.min(this.horizon, revision)
  }

  #begin(commits: readonly StoredCommit[], contents: readonly Content[]): Lineage {
    const epoch = `epoch-${String(this.#lineages.size).padStart(2, '0')}`
    const lineage = new Lineage(epoch, commits, contents)
    this.#lineages.set(epoch, lineage)
    return lineage
  }
}

/** The `tx` of one commit. */
export class Draft {
  readonly changes: Change[] = []
  readonly #stamp: { readonly revision: number; readonly at: number }
  #title: Entry<string> | undefined
  readonly #accounts: Map<string, Entry<Account>>
  #lines: readonly LogEntry<string>[]

  constructor({ title, accounts, lines }: Content, stamp: { readonly revision: number; readonly at: number }) {
    this.#stamp = stamp
    this.#title = title
    this.#accounts = new Map(accounts)
    this.#lines = lines
  }

  get content(): Content {
    return { title: this.#title, accounts: this.#accounts, lines: this.#lines }
  }

  readonly title = {
    set: (value: string): void => {
      this.#title = { value, ...this.#stamp }
      this.changes.push({ kind: 'title', op: 'put', key: '', value })
    },
  }

  readonly secret = { set: (value: string): void => void this.changes.push({ kind: 'secret', op: 'put', key: '', value }) }

  readonly accounts = {
    put: (value: Account): void => {
      this.#accounts.set(value.id, { value, ...this.#stamp })
      this.changes.push({ kind: 'accounts', op: 'put', key: value.id, value })
    },
    delete: (key: string): void => {
      const before = this.#accounts.get(key)
      if (before === undefined) return
      this.#accounts.delete(key)
      this.changes.push({ kind: 'accounts', op: 'delete', key, before: before.value })
    },
  }

  readonly lines = {
    append: (value: string, { stream }: { readonly stream: string }): void => {
      const seq = (this.#lines.at(-1)?.seq ?? 0) + 1
      this.#lines = [...this.#lines, { seq, stream, value, ...this.#stamp }]
      this.changes.push({ kind: 'lines', op: 'append', seq, stream, value })
      this.#trim(stream)
    },
  }

  #trim(stream: string): void {
    const entries = this.#lines.filter((entry) => entry.stream === stream)
    const last = entries.at(-keptEntries - 1)
    if (last === undefined || entries.length <= keptEntries + 1) return
    this.#lines = this.#lines.filter((entry) => entry.stream !== stream || entry.seq > last.seq)
    this.changes.push({ kind: 'lines', op: 'trim', stream, through: last.seq })
  }
}
