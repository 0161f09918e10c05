/** A store as its documentation has it, in plain memory: records in maps, entries in a list, the history in an array. */
import { type Item, retention } from './state.ts'
import { type Plan, type StepTx, takeSteps } from './steps.ts'

export interface ModelRecord<Value = unknown> {
  readonly value: Value
  readonly revision: number
}

export interface ModelEntry {
  readonly seq: number
  readonly stream: string
  readonly value: unknown
  readonly revision: number
}

export interface ModelCommit {
  readonly revision: number
  readonly actor: string | undefined
  readonly label: string | undefined
  /** By kind, since the order of the kinds in a commit says nothing. */
  readonly changes: { readonly [kind: string]: readonly object[] }
}

/** What a commit comes to. */
export type ModelOutcome = { readonly revision: number; readonly changed: boolean; readonly value: unknown } | { readonly code: string }

/** An error that the store names by a code. */
export class ModelError extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

export const modelCode = (error: unknown): string => (error instanceof ModelError ? error.code : (error as Error).message)

/** A value as it comes back: what JSON makes of it. */
export function stored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

interface Contents {
  readonly records: ReadonlyMap<string, ModelRecord>
  readonly entries: readonly ModelEntry[]
  readonly lastSeq: number
}

/** The document is the record with this key; items are under their own, behind a slash. */
const noteKey = 'note'
const itemKey = (id: string): string => `items/${id}`

export class Model {
  contents: Contents = { records: new Map(), entries: [], lastSeq: 0 }
  revision = 0
  /** One can resume from here. */
  horizon = 0
  readonly history: ModelCommit[] = []
  readonly #requests = new Map<string, { readonly action: string; readonly outcome: Extract<ModelOutcome, { changed: boolean }> }>()

  get note(): ModelRecord | undefined {
    return this.contents.records.get(noteKey)
  }

  get items(): ModelRecord<Item>[] {
    return [...this.contents.records].filter(([key]) => key !== noteKey).map(([, record]) => record as ModelRecord<Item>)
  }

  item(id: string): ModelRecord<Item> | undefined {
    return this.contents.records.get(itemKey(id)) as ModelRecord<Item> | undefined
  }

  commit({ steps, options }: Plan): ModelOutcome {
    const { id, actor = '', action = '' } = options
    const request = id === undefined ? undefined : this.#requests.get(`${actor}\n${id}`)
    if (request !== undefined) return request.action === action ? request.outcome : { code: 'ID_REUSED' }
    const draft = new Draft(this.contents, this.revision + 1)
    let value: unknown
    try {
      value = stored(takeSteps(draft.tx, steps, modelCode))
    } catch (error) {
      return { code: modelCode(error) }
    }
    const changed = this.#accept(draft, options)
    const outcome = { revision: this.revision, changed, value }
    if (id !== undefined) this.#requests.set(`${actor}\n${id}`, { action, outcome })
    return outcome
  }

  /** Lets go of the commits up to `horizon`, and of what was recorded for their ids. */
  prune(horizon: number): void {
    if (horizon <= this.horizon) return
    this.horizon = horizon
    for (const [key, { outcome }] of this.#requests) if (outcome.revision <= horizon) this.#requests.delete(key)
  }

  #accept(draft: Draft, { actor, label }: Plan['options']): boolean {
    const { contents, changes } = draft.finish()
    if (Object.keys(changes).length === 0) return false
    this.contents = contents
    this.revision += 1
    this.history.push({ revision: this.revision, actor, label, changes })
    return true
  }
}

/** The contents while one commit runs. */
class Draft {
  readonly #before: Contents
  readonly #revision: number
  readonly #records: Map<string, ModelRecord>
  #entries: ModelEntry[]
  #lastSeq: number
  /** Keys in the order they were first written. */
  readonly #touched = new Set<string>()
  readonly #events: object[] = []

  constructor(before: Contents, revision: number) {
    this.#before = before
    this.#revision = revision
    this.#records = new Map(before.records)
    this.#entries = [...before.entries]
    this.#lastSeq = before.lastSeq
  }

  get tx(): StepTx {
    const get = (key: string): unknown => this.#records.get(key)?.value
    const entry = (key: string): ModelRecord | undefined => this.#records.get(key)
    return {
      note: {
        get: () => get(noteKey),
        entry: () => entry(noteKey),
        set: (value, { expect } = {}) => this.#write(noteKey, value, expect),
        update: (change) => this.#write(noteKey, change(get(noteKey)), undefined),
        delete: ({ expect } = {}) => this.#delete(noteKey, expect),
      },
      items: {
        get: (id) => get(itemKey(id)),
        entry: (id) => entry(itemKey(id)),
        count: () => [...this.#records.keys()].filter((key) => key !== noteKey).length,
        put: (item, { expect } = {}) => this.#write(itemKey(item.id), item, expect),
        insert: (item) => this.#insert(item),
        update: (id, change, { expect } = {}) => this.#update(id, change, expect),
        delete: (id, { expect } = {}) => this.#delete(itemKey(id), expect),
      },
      events: { append: (value, { stream = '' } = {}) => this.#append(value, stream) },
    }
  }

  /** What is there now, and what has changed since the beginning; records that are as they were have not. */
  finish(): { readonly contents: Contents; readonly changes: ModelCommit['changes'] } {
    const changes: { [kind: string]: object[] } = {}
    for (const key of this.#touched) {
      const [before, after] = [this.#before.records.get(key), this.#records.get(key)]
      const isSame = before === undefined || after === undefined ? before === after : same(before.value, after.value)
      if (isSame && before !== undefined) this.#records.set(key, before)
      if (!isSame) (changes[key === noteKey ? 'note' : 'items'] ??= []).push(toChange(key, before, after))
    }
    if (this.#events.length > 0) changes['events'] = this.#events
    return { contents: { records: this.#records, entries: this.#entries, lastSeq: this.#lastSeq }, changes }
  }

  #expect(key: string, expected: number | null | undefined): void {
    if (expected !== undefined && (this.#records.get(key)?.revision ?? null) !== expected) throw new ModelError('REVISION_CONFLICT')
  }

  #write(key: string, given: unknown, expected: number | null | undefined): void {
    this.#expect(key, expected)
    const value = stored(key === noteKey ? given : inOrder(given as Item))
    const there = this.#records.get(key)
    if (there !== undefined && same(there.value, value)) return
    const { name } = (key === noteKey ? {} : value) as Partial<Item>
    for (const [other, { value: held }] of this.#records) {
      const isTaken = name !== undefined && other !== key && other !== noteKey && (held as Item).name === name
      if (isTaken) throw new ModelError('UNIQUE_CONFLICT')
    }
    this.#touched.add(key)
    this.#records.set(key, { value, revision: this.#revision })
  }

  #insert(item: Item): void {
    if (this.#records.has(itemKey(item.id))) throw new ModelError('KEY_EXISTS')
    this.#write(itemKey(item.id), item, undefined)
  }

  #update(id: string, change: (item: Item) => Item, expected: number | null | undefined): void {
    this.#expect(itemKey(id), expected)
    const there = this.#records.get(itemKey(id))
    if (there === undefined) throw new ModelError('KEY_MISSING')
    this.#write(itemKey(id), change(there.value as Item), undefined)
  }

  #delete(key: string, expected: number | null | undefined): boolean {
    this.#expect(key, expected)
    if (!this.#records.delete(key)) return false
    this.#touched.add(key)
    return true
  }

  #append(given: unknown, stream: string): number {
    const value = stored(given)
    this.#lastSeq += 1
    const seq = this.#lastSeq
    this.#entries.push({ seq, stream, value, revision: this.#revision })
    this.#events.push({ kind: 'events', op: 'append', seq, stream, value })
    this.#trim(stream, retention.entriesPerStream)
    this.#trim(null, retention.entries)
    return seq
  }

  /** An eighth more than is kept may be there; then all of that goes at once. */
  #trim(stream: string | null, kept: number): void {
    const of = this.#entries.filter((entry) => stream === null || entry.stream === stream)
    if (of.length <= kept + Math.floor(kept / 8)) return
    const through = of.at(-kept - 1)?.seq ?? 0
    this.#entries = this.#entries.filter((entry) => entry.seq > through || (stream !== null && entry.stream !== stream))
    this.#events.push({ kind: 'events', op: 'trim', stream, through })
  }
}

/** As the schema of items gives them out. */
function inOrder({ id, group, rank, name }: Item): unknown {
  return { id, group, rank, name }
}

function toChange(key: string, before: ModelRecord | undefined, after: ModelRecord | undefined): object {
  const named = { kind: key === noteKey ? 'note' : 'items', key: key === noteKey ? '' : key.slice('items/'.length) }
  if (after === undefined) return { ...named, op: 'delete', before: before?.value }
  if (before === undefined) return { ...named, op: 'put', value: after.value }
  return { ...named, op: 'put', value: after.value, before: before.value }
}
