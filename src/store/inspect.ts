/** Opening a store without its program, by the description of the kinds that it keeps (rule M6). */
import { jobs } from '../state/jobs-kind.ts'
import type { Kind, StateDefinition } from '../state/define-state.ts'
import type { KindDescription } from '../state/description.ts'
import { sessions } from '../state/sessions-kind.ts'
import type { Settings } from '../state/settings-kind.ts'
import type { StandardSchemaV1 } from '../state/standard-schema.ts'
import type { DriverName } from '../sqlite/driver.ts'
import { mustReadImmutable } from '../sqlite/immutable.ts'
import { loadDriver } from '../sqlite/load-driver.ts'
import { prepareDirectory } from '../sqlite/store-files.ts'
import { absent, assertOurs, isEmptyStore, readMetaFacts } from '../sqlite/store-header.ts'
import { readStoredKinds } from '../engine/stored-kinds.ts'
import { openStore } from './open-store.ts'
import type { Store } from './store.ts'

/** Takes every value as it is: nothing is written through it. */
const anything: StandardSchemaV1 = Object.freeze({
  '~standard': { version: 1 as const, vendor: 'holdfast', validate: (value: unknown) => ({ value }) },
})

/**
 * Opens a store read-only with the kinds it has.
 *
 * @throws HoldfastError STORE_ABSENT · STORE_FOREIGN · STORE_NEWER, and what `openStore` throws
 */
export async function inspectStore(directory: string, driver: DriverName = 'node:sqlite'): Promise<Store> {
  const definition = await readDefinition(directory, driver)
  return openStore(definition, { directory, driver, readOnly: true })
}

async function readDefinition(directory: string, driver: DriverName): Promise<StateDefinition> {
  const files = prepareDirectory(directory, { readOnly: true, allowUnsafeFilesystem: true })
  const connection = (await loadDriver(driver)).open({
    file: files.database,
    readOnly: true,
    immutable: mustReadImmutable(files),
  })
  try {
    if (isEmptyStore(connection)) throw absent(files.directory)
    assertOurs(connection, files.database)
    const meta = readMetaFacts(connection)
    const kinds = [...readStoredKinds(connection)].map(
      ([name, { description }]) => [name, toKind(description as unknown as KindDescription)] as const,
    )
    return {
      name: String(meta.get('state_name')),
      version: Number(meta.get('state_version')),
      kinds: Object.fromEntries(kinds),
      migrations: [],
    }
  } finally {
    connection.close()
  }
}

function toKind({ type, feed, key = '', indexes = {}, parent, ttlMs, retention = {}, settings = {} }: KindDescription): Kind {
  const shared = { schema: anything, feed, durability: undefined }
  switch (type) {
    case 'document':
      return { type, ...shared }
    case 'collection':
      return { type, ...shared, key, indexes, parent, ttlMs }
    case 'log':
      return { type, ...shared, retention }
    case 'artifacts':
      return { type, ...shared, meta: anything, key: 'id', indexes }
    case 'jobs':
      return { ...jobs({ input: anything }), feed }
    case 'settings':
      return { type, ...shared, feed: feed === 'none' ? feed : 'value', settings: toSettings(settings) }
    case 'sessions':
      return sessions()
  }
}

function toSettings(described: NonNullable<KindDescription['settings']>): Settings {
  const declared = Object.entries(described).map(([name, { isSecret }]) => [
    name,
    { schema: anything, default: undefined, isSecret, env: undefined },
  ])
  return Object.fromEntries(declared) as Settings
}
