/** The state that the harnesses keep: one kind of each sort, one whose values stay out of the history, and migrations that do work. */
import {
  collection,
  defineState,
  document,
  log,
  type Migration,
  type StandardSchemaV1,
  type StateDefinition,
  type Store,
  type Tx,
} from '../../src/index.ts'
import { type Body, type Item, type Line, reseal } from './record-body.ts'

/** The verifier looks at what is stored; a schema that let nothing wrong through would hide it. */
function anything<Value>(): StandardSchemaV1<Value> {
  return { '~standard': { version: 1, vendor: 'harness', validate: (value) => ({ value: value as Value }) } }
}

const kinds = {
  title: document(anything<Body>()),
  items: collection(anything<Item>(), {
    key: 'key',
    indexes: { byGroup: ['group', 'rank'], byTicket: { fields: ['ticket'], unique: true } },
  }),
  vault: collection(anything<Item>(), { key: 'key', feed: 'key' }),
  events: log(anything<Line>(), { retention: { entriesPerStream: 40, entries: 240 } }),
} as const

type HarnessKinds = typeof kinds
export type HarnessStore = Store<StateDefinition<HarnessKinds>>
export type HarnessTx = Tx<StateDefinition<HarnessKinds>>

/** Kind whose records each migration rewrites. */
export const migratedKind = 'items'

/** The state at a version, with the migrations that lead to it. */
export function stateAt(version: number): StateDefinition<HarnessKinds> {
  const migrations: Migration[] = Array.from({ length: version - 1 }, (_, i) => {
    const to = i + 2
    return {
      version: to,
      name: `generation ${to}`,
      up: (tx) => {
        const items = tx.kind(migratedKind)
        for (const { key, value } of items.entries()) items.put(key, reseal(value as Item, { generation: to }))
      },
    }
  })
  return defineState({ name: 'harness', version, kinds, migrations })
}

/** The version a migration's commit leads to; undefined for another commit. */
export function generationOf(label: string | null): number | undefined {
  const digits = /^migration: generation (\d+)$/.exec(label ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
