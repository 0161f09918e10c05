/** What must hold when a migration is done (rule M2), and the error when it does not. */
import { HoldfastError } from '../base/error.ts'
import { readStoredKinds } from '../engine/stored-kinds.ts'
import type { Connection } from '../sqlite/driver.ts'
import type { Kind, StateDefinition } from '../state/define-state.ts'
import type { Migration } from '../state/migration.ts'
import { settingOf } from '../state/settings-kind.ts'
import { type StandardSchemaV1, validate } from '../state/standard-schema.ts'
import { fromStoredText, toStoredText } from '../state/value.ts'
import type { UntypedStore } from './migration-tx.ts'

/** Failures listed in the error, at most. */
const mostFailures = 20

/**
 * Every record a migration wrote must be one the declaration accepts, and stay as it is by being accepted. Only the order of its
 * properties may be another: it is stored as the schema has it, as any write would store it.
 */
export function assertValid(main: Connection, view: UntypedStore, kinds: StateDefinition['kinds'], { version, name }: Migration): void {
  const failures: string[] = []
  const stored = readStoredKinds(main)
  for (const [kindName, keys] of view.written) {
    const kind = kinds[kindName]
    const there = stored.get(kindName)
    if (kind === undefined || there === undefined) continue
    const read = main.prepare(`SELECT value FROM k${there.id} WHERE key = ?`)
    for (const key of keys) {
      const text = String(read.get(key)?.[0])
      const examined = examine(kind, kindName, { key, text })
      if ('problem' in examined) failures.push(examined.problem)
      else if (examined.text !== text) view.kind(kindName).put(key, fromStoredText(examined.text))
    }
  }
  if (failures.length > 0) throw failed(version, name, { failures })
}

/** What keeps a record from being valid, or the text it should have. */
function examine(
  kind: Kind,
  name: string,
  { key, text }: { readonly key: string; readonly text: string },
): { readonly problem: string } | { readonly text: string } {
  const where = key === '' ? name : `${name} ${JSON.stringify(key)}`
  try {
    const value = validate(schemaOf(kind, key), fromStoredText(text), name)
    const accepted = toStoredText(value, name)
    if (sortProperties(accepted) !== sortProperties(text)) {
      return { problem: `${where}: the schema changes the stored value; store what it makes of it` }
    }
    if (kind.type === 'collection' && (value as { readonly [field: string]: unknown })[kind.key] !== key) {
      return { problem: `${where}: its field "${kind.key}" is not its key` }
    }
    return { text: accepted }
  } catch (error) {
    return { problem: `${where}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** Each setting has a schema of its own. */
function schemaOf(kind: Kind, key: string): StandardSchemaV1 {
  return (kind.type === 'settings' ? settingOf(kind, key)?.schema : undefined) ?? kind.schema
}

function sortProperties(text: string): string {
  return JSON.stringify(fromStoredText(text), (_, value: unknown) =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  )
}

/** A collection may change its key field in a migration that has given each record the new one. */
export function adoptKeys(main: Connection, kinds: StateDefinition['kinds'], { version, name }: Migration): void {
  for (const [kindName, stored] of readStoredKinds(main)) {
    const kind = kinds[kindName]
    if (kind?.type !== 'collection' || stored.description.type !== 'collection' || stored.description['key'] === kind.key) continue
    const odd = main
      .prepare(`SELECT key FROM k${stored.id} WHERE json_extract(value, ?) IS NOT key LIMIT ?`)
      .all(`$."${kind.key}"`, mostFailures)
    if (odd.length > 0) {
      const failures = odd.map(([key]) => `${kindName} ${JSON.stringify(key)}: its field "${kind.key}" is not its key`)
      throw failed(version, name, { failures })
    }
    const description = JSON.stringify({ ...stored.description, key: kind.key })
    main.prepare('UPDATE hf_kind SET description = ? WHERE id = ?').run(description, stored.id)
  }
}

/** A new version may declare other parents; whether they are there is looked at in the end. */
export function adoptParents(main: Connection, kinds: StateDefinition['kinds']): void {
  for (const [kindName, stored] of readStoredKinds(main)) {
    const kind = kinds[kindName]
    if (kind?.type !== 'collection' || stored.description.type !== 'collection') continue
    const { parent: _before, ...rest } = stored.description
    const description = kind.parent === undefined ? rest : { ...rest, parent: kind.parent }
    main.prepare('UPDATE hf_kind SET description = ? WHERE id = ?').run(JSON.stringify(description), stored.id)
  }
}

/** A parent that is declared by a new version must be there for every record that names one. */
export function assertNoOrphans(main: Connection, { kinds, version }: StateDefinition, last: Migration | undefined): void {
  const stored = readStoredKinds(main)
  for (const [kindName, kind] of Object.entries(kinds)) {
    const child = stored.get(kindName)
    if (kind.type !== 'collection' || kind.parent === undefined || child === undefined) continue
    const parent = stored.get(kind.parent.kind)
    if (parent === undefined) continue
    const named = 'json_extract(value, ?)'
    const path = `$."${kind.parent.field}"`
    const orphans = main
      .prepare(`SELECT key FROM k${child.id} WHERE ${named} IS NOT NULL AND ${named} NOT IN (SELECT key FROM k${parent.id}) LIMIT ?`)
      .all(path, path, mostFailures)
    const failures = orphans.map(([key]) => `${kindName} ${JSON.stringify(key)}: its parent in "${kind.parent?.kind}" does not exist`)
    if (failures.length > 0) throw failed(last?.version ?? version, last?.name ?? 'no step', { failures })
  }
}

/** Why a migration failed: what it threw, or the records that it left as the declaration does not accept them. */
export function failed(
  version: number,
  name: string,
  { failures, cause }: { readonly failures: readonly string[]; readonly cause?: unknown },
): HoldfastError<'MIGRATION_FAILED'> {
  const listed = failures.slice(0, mostFailures)
  const more = failures.length > listed.length ? ` and ${failures.length - listed.length} more` : ''
  return new HoldfastError(
    'MIGRATION_FAILED',
    `Migration ${version} "${name}" failed, and nothing was changed: ${listed.join('; ')}${more}.`,
    { version, name, failures: listed },
    { cause },
  )
}
