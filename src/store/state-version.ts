/** The version of the state that a store holds, against the one a program declares. */
import type { Connection } from '../sqlite/driver.ts'
import { newer, readMetaFacts } from '../sqlite/store-header.ts'

export function readStateVersion(main: Connection): number {
  return Number(readMetaFacts(main).get('state_version'))
}

/**
 * Whether a store must be migrated to `version`. Asked again wherever something is about to rely on the answer, because another
 * program may migrate the store at any moment.
 *
 * @throws HoldfastError STORE_NEWER when its version is a later one
 */
export function isOlder(main: Connection, version: number, directory: string): boolean {
  const stored = readStateVersion(main)
  if (stored > version) throw newer(directory, stored, version, 'state')
  return stored < version
}
