/** What the model-based tests do, command by command, to the model and to the store, comparing what comes of it. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Commit } from '../../src/index.ts'
import { outcomeOf } from '../support/outcome.ts'
import type { Model, ModelOutcome } from './model.ts'
import { findAll, type ModelQuery } from './order.ts'
import { keptCommits, type Real, toModelCommit } from './real.ts'
import type { Cell, Item } from './state.ts'
import { ids, type Plan, planArbitrary, streams } from './steps.ts'

type Command = fc.AsyncCommand<Model, Real>

function command(name: string, run: (model: Model, real: Real) => Promise<void> | void): Command {
  const runAndLook = async (model: Model, real: Real): Promise<void> => {
    notePruning(model, real)
    await run(model, real)
    notePruning(model, real)
  }
  return { check: () => true, run: runAndLook, toString: () => name }
}

/** The store prunes by itself, too, now and then; never more than its retention allows. */
function notePruning(model: Model, { store }: Real): void {
  const { horizon } = store.health()
  expect(horizon).toBeGreaterThanOrEqual(model.horizon)
  expect(horizon).toBeLessThanOrEqual(Math.max(0, model.revision - keptCommits))
  model.prune(horizon)
}

interface Committed {
  readonly plan: Plan
  readonly outcome: ModelOutcome
  /** The revision before it. */
  readonly before: number
}

function trims({ history }: Model): boolean {
  return history.at(-1)?.changes['events']?.some((change) => (change as { op: string }).op === 'trim') ?? false
}

function noteOutcome(model: Model, { tally }: Real, { plan, outcome, before }: Committed): void {
  if ('code' in outcome) return tally.note(outcome.code)
  tally.note(outcome.changed ? 'changed' : 'unchanged')
  if (outcome.revision > before && trims(model)) tally.note('trimmed')
  if (plan.options.id !== undefined && outcome.revision < before) tally.note('answered from its id')
  for (const result of outcome.value as unknown[])
    if (typeof result === 'string' && /^[A-Z_]+$/.test(result)) tally.note(`caught ${result}`)
}

/** One commit, awaited; then some of several at once, which run in the order of the calls. */
const commits = fc.array(planArbitrary, { minLength: 1, maxLength: 5 }).map((plans) =>
  command(`commit ${fc.stringify(plans)}`, async (model, real) => {
    const revision = model.revision
    const pending = plans.map((plan) => real.commit(plan))
    expect(real.store.health().revision).toBe(revision)
    if (plans.length > 1) real.tally.note('several in flight')
    const outcomes = await Promise.all(pending)
    for (const [at, plan] of plans.entries()) {
      const before = model.revision
      const expected = model.commit(plan)
      expect(outcomes[at]).toEqual(expected)
      noteOutcome(model, real, { plan, outcome: expected, before })
    }
    expect(real.store.health().revision).toBe(model.revision)
    real.cursors.push({ revision: real.store.health().published, cursor: real.store.cursor })
    if (real.store.health().published < model.revision) real.tally.note('acknowledged before it is published')
  }),
)

/** Every record, by key. */
const readAll = fc.constant(
  command('read all', ({ note, ...model }: Model, real) => {
    const { store } = real
    expect(store.note.get()).toEqual(note?.value)
    const entries: [string, unknown, { value: unknown; revision: number } | undefined][] = [['note', store.note.entry(), note]]
    for (const id of ids) {
      const there = model.contents.records.get(`items/${id}`)
      expect(store.items.get(id)).toEqual(there?.value)
      entries.push([id, store.items.entry(id), there])
    }
    for (const [key, entry, there] of entries) {
      expect(entry).toEqual(there && { value: there.value, revision: there.revision, at: expect.any(Number) })
      if (there === undefined) continue
      real.expectSameObject(`${key}@${there.revision}`, (entry as { value: unknown }).value)
    }
  }),
)

const cell: fc.Arbitrary<Cell> = fc.constantFrom('x', 'y', '', '\u{1f600}', '\uffff', 0, -1.5, 7, true, false)
const range = fc.record({ gt: cell, gte: cell, lt: cell, lte: cell }, { requiredKeys: [] })
const order = fc.constantFrom<('asc' | 'desc')[]>('asc', 'desc')
const query: fc.Arbitrary<ModelQuery> = fc.oneof(
  fc.record({ order, gt: fc.constantFrom(...ids), lte: fc.constantFrom(...ids) }, { requiredKeys: [] }),
  fc.tuple(range, order).map(([bounds, direction]) => ({ index: 'byGroup' as const, ...bounds, order: direction })),
  fc
    .tuple(fc.option(cell, { nil: undefined }), fc.record({ gte: fc.integer({ min: -3, max: 3 }) }, { requiredKeys: [] }), order)
    .map(([group, bounds, direction]) => ({ index: 'byGroup' as const, equals: [group], ...bounds, order: direction })),
  fc
    .tuple(fc.option(cell, { nil: undefined }), fc.integer({ min: -3, max: 3 }))
    .map(([group, rank]) => ({ index: 'byGroup' as const, equals: [group, rank] })),
  fc.tuple(range, order).map(([bounds, direction]) => ({ index: 'byName' as const, ...bounds, order: direction })),
)

/** A query, page by page, and its count. */
const find = fc.tuple(query, fc.integer({ min: 1, max: 4 })).map(([wanted, limit]) =>
  command(`find ${fc.stringify(wanted)} by ${limit}`, (model, real) => {
    const { store, tally } = real
    const expected = findAll(
      model.items.map(({ value }) => value),
      wanted,
    )
    const found: Item[] = []
    let after: string | undefined
    do {
      const page = store.items.find({ ...wanted, limit, ...(after === undefined ? {} : { after }) } as never)
      expect(page.items.length).toBeLessThanOrEqual(limit)
      found.push(...(page.items as Item[]))
      expect(found.length).toBeLessThanOrEqual(expected.length)
      if (page.next !== undefined) tally.note('another page')
      after = page.next
    } while (after !== undefined)
    expect(found).toEqual(expected)
    for (const item of found) real.expectSameObject(`${item.id}@${model.item(item.id)?.revision}`, item)
    expect(store.items.count(wanted as never)).toBe(expected.length)
    expect(store.items.count()).toBe(model.items.length)
  }),
)

const logQuery = fc.record(
  {
    stream: fc.constantFrom(...streams),
    after: fc.integer({ min: 0, max: 60 }),
    before: fc.integer({ min: 0, max: 60 }),
    limit: fc.integer({ min: 1, max: 12 }),
  },
  { requiredKeys: [] },
)

const readLog = logQuery.map((wanted) =>
  command(`read log ${fc.stringify(wanted)}`, (model, { store }) => {
    const { stream, after = 0, before = Infinity, limit = 200 } = wanted
    const inStream = model.contents.entries.filter((entry) => stream === undefined || entry.stream === stream)
    const inRange = inStream.filter(({ seq }) => seq > after && seq < before)
    const isForwards = wanted.after !== undefined && wanted.before === undefined
    const expected = isForwards ? inRange.slice(0, limit) : inRange.slice(-limit)
    expect(store.events.read(wanted)).toEqual(expected.map((entry) => ({ ...entry, at: expect.any(Number) })))
    expect(store.events.count(stream === undefined ? {} : { stream })).toBe(inStream.length)
  }),
)

type KindName = 'note' | 'items' | 'events'
const kindNames = fc.subarray<KindName>(['note', 'items', 'events'], { minLength: 1 })

/** Resumes from a cursor seen before, with all kinds or some. */
const follow = fc.tuple(fc.option(fc.nat()), fc.option(kindNames, { nil: undefined })).map(([pick, kinds]) =>
  command(`follow from cursor ${pick ?? 'at the horizon'} ${fc.stringify(kinds)}`, async (model, { store, cursors, tally }) => {
    const oldest = cursors.find(({ revision }) => revision >= model.horizon)
    const { cursor, revision } = (pick === null ? oldest : cursors[pick % cursors.length]) as Real['cursors'][number]
    const follower = store.follow({ after: cursor, ...(kinds === undefined ? {} : { kinds }) })
    if (revision < model.horizon) {
      tally.note('CURSOR_EXPIRED')
      expect(await outcomeOf(follower.next())).toBe('CURSOR_EXPIRED')
      return
    }
    const heard: Commit[] = []
    while ((heard.at(-1)?.revision ?? revision) < model.revision) heard.push((await follower.next()).value as Commit)
    await follower.return()
    if (revision === model.horizon) tally.note('resumed from the horizon')
    if (heard.some(({ changes }) => changes.length === 0)) tally.note('bookmark')
    expect(heard.map((commit) => commit.revision)).toEqual(heard.map((commit) => commit.revision).toSorted((a, b) => a - b))
    const visible = model.history
      .filter((commit) => commit.revision > revision)
      .map((commit) => ({ ...commit, changes: pickKinds(commit.changes, kinds) }))
      .filter(({ changes }) => Object.keys(changes).length > 0)
    expect(heard.filter(({ changes }) => changes.length > 0).map(toModelCommit)).toEqual(visible)
  }),
)

function pickKinds<Changes>(
  changes: { readonly [kind: string]: Changes },
  kinds: readonly string[] | undefined,
): { [kind: string]: Changes } {
  return Object.fromEntries(Object.entries(changes).filter(([kind]) => kinds?.includes(kind) ?? true))
}

/** A snapshot holds what the model holds; the log's newest entries, all of them here. */
const snapshot = fc.constant(
  command('snapshot', async (model, { store }) => {
    const taken = await store.snapshot()
    expect([taken.revision, taken.cursor]).toEqual([model.revision, store.cursor])
    const at = expect.any(Number) as number
    const note = model.note === undefined ? [] : [{ key: '', ...model.note, at }]
    expect([...taken.kinds.note.items()]).toEqual(note)
    const byId = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1)
    const items = model.items.map((record) => ({ key: record.value.id, ...record, at })).toSorted(byId)
    expect([...taken.kinds.items.items()].toSorted(byId)).toEqual(items)
    const entries = [...taken.kinds.events.items()].toSorted((a, b) => a.seq - b.seq)
    expect(entries).toEqual(model.contents.entries.map((entry) => ({ ...entry, at })))
  }),
)

const why = fc.constantFrom(...ids).map((id) =>
  command(`why ${id}`, (model, { store }) => {
    const record = model.item(id)
    const origin = store.why('items', id)
    expect(origin?.revision).toBe(record?.revision)
    if (record === undefined) return
    const commit = record.revision > model.horizon ? model.history[record.revision - 1] : undefined
    expect([origin?.actor, origin?.label]).toEqual([commit?.actor, commit?.label])
  }),
)

const prune = fc.constant(
  command('prune', async (model, real) => {
    await real.catchUp(model)
    const pruned = Math.max(0, model.revision - keptCommits - model.horizon)
    expect(await real.store.prune()).toBe(pruned)
    if (pruned > 0) real.tally.note('pruned')
    expect(real.store.health().horizon).toBe(model.horizon + pruned)
  }),
)

const reopen = fc.constant(
  command('reopen', async (model, real) => {
    if (real.options.memory === true) return
    await real.reopen(model)
    real.tally.note('reopened')
    expect(real.store.health()).toMatchObject({ revision: model.revision, published: model.revision, horizon: model.horizon })
  }),
)

/** Commands, the commits among them several times, since most of what there is to see comes from them. */
export const commandArbitraries: readonly fc.Arbitrary<Command>[] = [
  commits,
  commits,
  commits,
  commits,
  readAll,
  find,
  find,
  readLog,
  follow,
  snapshot,
  why,
  prune,
  reopen,
]
