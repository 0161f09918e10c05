/**
 * The kinds of a state as plain data, kept in the store so that tools can read it without the program (rule M6).
 */
import type { Index, Parent } from './collection-kind.ts'
import type { Kind } from './define-state.ts'
import type { FeedMode } from './kind.ts'
import type { LogRetention } from './log-kind.ts'
import type { SettingsKind } from './settings-kind.ts'

/** One kind, as data. */
export interface KindDescription {
  readonly type: Kind['type']
  readonly feed: FeedMode
  /** Key field of a collection, a queue or artifacts. */
  readonly key?: string
  /** Indexes of a collection, a queue or artifacts, by name. */
  readonly indexes?: { readonly [name: string]: Index }
  /** Where the records of a collection have their parents. */
  readonly parent?: Parent
  /** How long a record of a collection stays without being written, ms. */
  readonly ttlMs?: number
  /** Retention of a log. */
  readonly retention?: LogRetention
  /** Settings, by name. */
  readonly settings?: { readonly [name: string]: { readonly isSecret: boolean } }
}

export function describeKind(kind: Kind): KindDescription {
  const { type, feed } = kind
  if (kind.type === 'collection') {
    const { key, indexes, parent, ttlMs } = kind
    return { type, feed, key, indexes, ...(parent === undefined ? {} : { parent }), ...(ttlMs === undefined ? {} : { ttlMs }) }
  }
  if (kind.type === 'jobs' || kind.type === 'artifacts') return { type, feed, key: kind.key, indexes: kind.indexes }
  if (kind.type === 'log') return { type, feed, retention: kind.retention }
  if (kind.type === 'settings') return { type, feed, settings: describeSettings(kind) }
  return { type, feed }
}

function describeSettings({ settings }: SettingsKind): NonNullable<KindDescription['settings']> {
  return Object.fromEntries(Object.entries(settings).map(([name, { isSecret }]) => [name, { isSecret }]))
}

/** What may not change under one version: the type, the key and the parent. `undefined` when nothing did. */
export function findIncompatibility(
  stored: KindDescription,
  declared: KindDescription,
): { readonly what: string; readonly stored: string; readonly declared: string } | undefined {
  for (const what of ['type', 'key', 'parent'] as const) {
    const before = show(stored[what])
    const now = show(declared[what])
    if (before !== now) return { what, stored: before, declared: now }
  }
  return undefined
}

function show(fact: string | Parent | undefined): string {
  return typeof fact === 'object' ? `"${fact.kind}" by the field "${fact.field}"` : (fact ?? '')
}
