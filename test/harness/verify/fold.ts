/**
 * The state that a history makes, folded a second time (promise P6): from what the store held at a revision and the changes
 * after it, what its tables must hold now.
 */
import { createHash } from 'node:crypto'
import { type Item, reseal } from '../record-body.ts'
import { generationOf, migratedKind } from '../state.ts'
import type { RawCommit, RawKind } from './raw-store.ts'

/** What a row must be. Of a kind whose values stay out of the history only the hash is known. */
export interface Folded {
  readonly revision: number
  readonly stream: string | undefined
  readonly text: string | undefined
  readonly hash: string
}

/** By kind and key. */
export type FoldState = Map<number, Map<string | number, Folded>>

type Cell = string | number | null | object
type Change = readonly [kind: number, operation: number, ...rest: Cell[]]

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}

export class Fold {
  readonly state: FoldState
  readonly problems: string[] = []
  /** The state does not hold what was there before its changes: rows may be met that it does not know. */
  readonly #isPartial: boolean
  readonly #names: ReadonlyMap<number, string>

  constructor(state: FoldState, kinds: readonly RawKind[], isPartial: boolean) {
    this.state = state
    this.#isPartial = isPartial
    this.#names = new Map(kinds.map(({ id, name }) => [id, name]))
  }

  apply(commit: RawCommit): void {
    const generation = generationOf(commit.label)
    if (generation !== undefined) return this.#migrate(commit.revision, generation)
    for (const change of JSON.parse(commit.changes) as Change[]) this.#change(commit, change)
  }

  #change({ revision }: RawCommit, [kind, operation, ...rest]: Change): void {
    const rows = this.#rowsOf(kind)
    const where = `revision ${revision}, ${this.#names.get(kind) ?? kind}`
    switch (operation) {
      case 0:
      case 4: {
        const [key, beforeRevision, before] = rest as [string, number, Cell]
        this.#expect(`${where} ${key}`, rows.get(key), { beforeRevision, before, isHashed: operation === 4 })
        rows.delete(key)
        return
      }
      case 1:
      case 5: {
        const [key, value, beforeRevision, before] = rest as [string, Cell, number?, Cell?]
        const isHashed = operation === 5
        this.#expect(`${where} ${key}`, rows.get(key), { beforeRevision, before, isHashed })
        rows.set(key, toFolded(revision, undefined, value, isHashed))
        return
      }
      case 2:
      case 6: {
        const [seq, stream, value] = rest as [number, string, Cell]
        if (rows.has(seq)) this.problems.push(`${where}: entry ${seq} is appended again`)
        rows.set(seq, toFolded(revision, stream, value, operation === 6))
        return
      }
      case 3: {
        const [stream, through] = rest as [string | null, number]
        for (const [seq, row] of rows) if (Number(seq) <= through && (stream === null || row.stream === stream)) rows.delete(seq)
        return
      }
      default:
        this.problems.push(`${where}: unknown operation ${operation}`)
    }
  }

  /** A change names what was there before; it must have been there. */
  #expect(
    where: string,
    there: Folded | undefined,
    named: { readonly beforeRevision: number | undefined; readonly before: Cell | undefined; readonly isHashed: boolean },
  ): void {
    const { beforeRevision, before, isHashed } = named
    if (there === undefined && this.#isPartial) return
    if (there?.revision !== beforeRevision) {
      this.problems.push(`${where}: says it replaces revision ${beforeRevision}, but it was at ${there?.revision}`)
      return
    }
    if (there === undefined) return
    const is = isHashed ? there.hash : there.text
    const said = isHashed ? before : JSON.stringify(before)
    if (is !== said) this.problems.push(`${where}: says it replaces what was not there`)
  }

  /** What the migrations of the harness do, done again. */
  #migrate(revision: number, generation: number): void {
    const id = [...this.#names].find(([, name]) => name === migratedKind)?.[0] ?? -1
    for (const [key, { text }] of this.#rowsOf(id)) {
      if (text === undefined) continue
      this.#rowsOf(id).set(key, toFolded(revision, undefined, reseal(JSON.parse(text) as Item, { generation }), false))
    }
  }

  #rowsOf(kind: number): Map<string | number, Folded> {
    const rows = this.state.get(kind) ?? new Map<string | number, Folded>()
    this.state.set(kind, rows)
    return rows
  }
}

/** Values of the harness keep their text through JSON: no key of theirs is a number. */
function toFolded(revision: number, stream: string | undefined, value: Cell, isHashed: boolean): Folded {
  if (isHashed) return { revision, stream, text: undefined, hash: JSON.stringify(value).slice(1, -1) }
  const text = JSON.stringify(value)
  return { revision, stream, text, hash: hashOf(text) }
}
