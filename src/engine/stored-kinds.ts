import type { Connection } from '../sqlite/driver.ts'
import type { StoredKind } from './kind-runtime.ts'

/** The kinds as the store has them, by name. */
export function readStoredKinds(connection: Connection): ReadonlyMap<string, StoredKind> {
  const rows = connection.prepare('SELECT id, name, description FROM hf_kind').all()
  return new Map(
    rows.map(([id, name, description]) => {
      const stored = { id: Number(id), name: String(name), description: JSON.parse(String(description)) as StoredKind['description'] }
      return [stored.name, stored]
    }),
  )
}
