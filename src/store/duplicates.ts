/** Says why a unique index cannot be built: which records hold the same values (rule M6). */
import { HoldfastError } from '../base/error.ts'
import type { StoredKind } from '../engine/kind-runtime.ts'
import { readStoredKinds } from '../engine/stored-kinds.ts'
import { layoutOf } from '../kinds/collection/tables.ts'
import type { Index } from '../state/collection-kind.ts'
import type { Kinds } from '../state/define-state.ts'
import type { Connection } from '../sqlite/driver.ts'

/** Looks for records that a declared unique index, which the store does not have yet, would hold twice; after its building has failed. */
export function findDuplicate(main: Connection, kinds: Kinds): HoldfastError<'UNIQUE_CONFLICT'> | undefined {
  for (const [name, stored] of readStoredKinds(main)) {
    const kind = kinds[name]
    if (kind?.type !== 'collection' || stored.description.type !== 'collection') continue
    const known = layoutOf(stored).indexes
    for (const [index, declared] of Object.entries(kind.indexes)) {
      const isNew = !known.some((there) => there.name === index && there.unique)
      const keys = declared.unique && isNew ? findPair(main, stored, declared) : undefined
      if (keys !== undefined) return conflict(name, index, keys)
    }
  }
  return undefined
}

function findPair(main: Connection, { id }: StoredKind, { fields }: Index): readonly [string, string] | undefined {
  const cells = fields.map(() => 'json_extract(value, ?)')
  const paths = fields.map((field) => `$."${field}"`)
  const sql = `SELECT min(key), max(key) FROM k${id} WHERE ${cells.map((cell) => `${cell} IS NOT NULL`).join(' AND ')}
    GROUP BY ${cells.join(', ')} HAVING count(*) > 1 LIMIT 1`
  const row = main.prepare(sql).get(...paths, ...paths)
  return row && [String(row[0]), String(row[1])]
}

function conflict(kind: string, index: string, [key, heldBy]: readonly [string, string]): HoldfastError<'UNIQUE_CONFLICT'> {
  const records = `${JSON.stringify(key)} and ${JSON.stringify(heldBy)}`
  const message = `The unique index "${index}" of "${kind}" cannot be built: ${records} have the same values in it.`
  return new HoldfastError('UNIQUE_CONFLICT', message, { kind, index, key, heldBy })
}
