/** What a commit of the model-based tests does, as plain data, and how it is done to anything that has the methods of a tx. */
import fc from 'fast-check'
import type { Item } from './state.ts'

/** What a write expects: nothing, that there is no record, the revision that is there, one that never is. */
export type Expected = 'nothing' | 'absent' | 'current' | 'never'

export type Action =
  | { readonly do: 'setNote'; readonly value: unknown; readonly expected: Expected }
  | { readonly do: 'updateNote'; readonly value: unknown }
  | { readonly do: 'deleteNote'; readonly expected: Expected }
  | { readonly do: 'readNote' }
  | { readonly do: 'putItem'; readonly item: Item; readonly expected: Expected }
  | { readonly do: 'insertItem'; readonly item: Item }
  | { readonly do: 'rankItem'; readonly id: string; readonly rank: number; readonly expected: Expected }
  | { readonly do: 'deleteItem'; readonly id: string; readonly expected: Expected }
  | { readonly do: 'readItem'; readonly id: string }
  | { readonly do: 'countItems' }
  | { readonly do: 'append'; readonly stream: string; readonly value: unknown }
  | { readonly do: 'throw' }

/** An action whose error ends the commit, or is caught in it. */
export type Step = Action & { readonly isCaught: boolean }

/** A commit to make. */
export interface Plan {
  readonly steps: readonly Step[]
  readonly options: {
    readonly id?: string
    readonly actor?: string
    readonly action?: string
    readonly label?: string
    readonly durability?: 'process' | 'power'
  }
}

interface Entry {
  readonly revision: number
}

interface Expectation {
  readonly expect?: number | null
}

/** The part of a tx that steps use; the store's and the model's both have it. */
export interface StepTx {
  readonly note: {
    get(): unknown
    entry(): Entry | undefined
    set(value: unknown, options?: Expectation): void
    update(change: (value: unknown) => unknown): void
    delete(options?: Expectation): boolean
  }
  readonly items: {
    get(id: string): unknown
    entry(id: string): Entry | undefined
    count(): number
    put(item: Item, options?: Expectation): void
    insert(item: Item): void
    update(id: string, change: (item: Item) => Item, options?: Expectation): void
    delete(id: string, options?: Expectation): boolean
  }
  readonly events: {
    append(value: unknown, options?: { readonly stream?: string }): number
  }
}

export const ids = ['a', 'b', 'c', 'd', 'é', '\u{1f600}', 'B', '10']
export const streams = ['', 's', 'ü']

/** Does the steps; answers with what each of them gave, in the value domain. */
export function takeSteps(tx: StepTx, steps: readonly Step[], codeOf: (error: unknown) => string): unknown[] {
  return steps.map((step) => {
    try {
      return act(tx, step) ?? null
    } catch (error) {
      if (!step.isCaught) throw error
      return codeOf(error)
    }
  })
}

function act({ note, items, events }: StepTx, step: Action): unknown {
  switch (step.do) {
    case 'setNote':
      return note.set(step.value, expectation(step.expected, note.entry()))
    case 'updateNote':
      return note.update((before) => ({ value: step.value, had: before !== undefined }))
    case 'deleteNote':
      return note.delete(expectation(step.expected, note.entry()))
    case 'readNote':
      return [note.get() ?? null, note.entry()?.revision ?? null]
    case 'putItem':
      return items.put(step.item, expectation(step.expected, items.entry(step.item.id)))
    case 'insertItem':
      return items.insert(step.item)
    case 'rankItem':
      return items.update(step.id, (item) => ({ ...item, rank: step.rank }), expectation(step.expected, items.entry(step.id)))
    case 'deleteItem':
      return items.delete(step.id, expectation(step.expected, items.entry(step.id)))
    case 'readItem':
      return [items.get(step.id) ?? null, items.entry(step.id)?.revision ?? null]
    case 'countItems':
      return items.count()
    case 'append':
      return events.append(step.value, { stream: step.stream })
    case 'throw':
      throw new Error('thrown by the callback')
  }
}

function expectation(expected: Expected, entry: Entry | undefined): Expectation {
  if (expected === 'nothing') return {}
  if (expected === 'absent') return { expect: null }
  return { expect: expected === 'never' ? 999_999_999 : (entry?.revision ?? null) }
}

const expectedArbitrary: fc.Arbitrary<Expected> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Expected>('nothing') },
  { weight: 3, arbitrary: fc.constant<Expected>('current') },
  { weight: 1, arbitrary: fc.constantFrom<Expected>('absent', 'never') },
)

const valueArbitrary = fc.oneof(
  fc.constantFrom(null, '', 0, -0, false, {}, [], 'same'),
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: 'binary' }),
)
const cellArbitrary = fc.oneof(fc.constantFrom('x', 'y', 'Z', '', '\u{1f600}', '\uffff'), fc.constantFrom(0, -1.5, 7, 1e300), fc.boolean())
const itemArbitrary: fc.Arbitrary<Item> = fc.record(
  {
    id: fc.constantFrom(...ids),
    group: cellArbitrary,
    rank: fc.integer({ min: -3, max: 3 }),
    name: fc.constantFrom('n1', 'n2', 'n3', 'n4', ''),
  },
  { requiredKeys: ['id'] },
)
const idArbitrary = fc.constantFrom(...ids)

const actionArbitrary: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('setNote' as const), value: valueArbitrary, expected: expectedArbitrary }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('updateNote' as const), value: valueArbitrary }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteNote' as const), expected: expectedArbitrary }) },
  { weight: 1, arbitrary: fc.constant({ do: 'readNote' as const }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('putItem' as const), item: itemArbitrary, expected: expectedArbitrary }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('insertItem' as const), item: itemArbitrary }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('rankItem' as const),
      id: idArbitrary,
      rank: fc.integer({ min: -3, max: 3 }),
      expected: expectedArbitrary,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deleteItem' as const), id: idArbitrary, expected: expectedArbitrary }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('readItem' as const), id: idArbitrary }) },
  { weight: 1, arbitrary: fc.constant({ do: 'countItems' as const }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), stream: fc.constantFrom(...streams), value: valueArbitrary }) },
)

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: fc.tuple(actionArbitrary, fc.boolean()).map(([action, isCaught]) => ({ ...action, isCaught })) },
  { weight: 1, arbitrary: fc.constant({ do: 'throw' as const, isCaught: false }) },
)

const labels = {
  label: fc.constantFrom('label', '日本 "\\'),
  durability: fc.constantFrom('process' as const, 'power' as const),
}
const optionsArbitrary: fc.Arbitrary<Plan['options']> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ actor: fc.constantFrom('ann', ''), ...labels }, { requiredKeys: [] }) },
  {
    weight: 1,
    arbitrary: fc.record(
      { id: fc.constantFrom('one', 'two', 'three'), actor: fc.constantFrom('ann', ''), action: fc.constantFrom('go', 'stop'), ...labels },
      { requiredKeys: ['id'] },
    ),
  },
)

export const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  steps: fc.array(stepArbitrary, { maxLength: 7, size: 'max' }),
  options: optionsArbitrary,
})
