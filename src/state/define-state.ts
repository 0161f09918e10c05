/** The one declaration everything is typed from. */
import { HoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import { anything, checkOptions, integer, text } from '../base/options.ts'
import type { ArtifactsKind } from './artifacts-kind.ts'
import type { CollectionKind } from './collection-kind.ts'
import type { DocumentKind } from './document-kind.ts'
import type { JobsKind } from './jobs-kind.ts'
import type { LogKind } from './log-kind.ts'
import { type Migration, readMigrations } from './migration.ts'
import { assertParents } from './parents.ts'
import { assertName, assertUniqueNames, type ReservedName } from './names.ts'
import { queueStateName, queueStateOf, type WithQueues } from './queue-state.ts'
import type { SessionsKind } from './sessions-kind.ts'
import type { SettingsKind } from './settings-kind.ts'

/** Any of the kinds, whatever it holds. */
export type Kind = DocumentKind | CollectionKind | LogKind | JobsKind | ArtifactsKind | SettingsKind | SessionsKind

/** Kinds by name. */
export interface Kinds {
  readonly [name: string]: Kind
}

/** False for what belongs to one process, of which no store has anything (rule D4). */
export function isOnDisk({ durability }: Kind): boolean {
  return durability !== 'memory'
}

/** A reserved name is a type error that says so (rule N1). */
type NoReservedName<Declared> = { readonly [Name in keyof Declared]: Name extends ReservedName ? 'this name is reserved' : unknown }

/** A declared state; made by `defineState`. */
export interface StateDefinition<Declared extends Kinds = Kinds> {
  readonly name: string
  readonly version: number
  readonly kinds: Declared
  readonly migrations: readonly Migration[]
}

const optionRules = { name: text(), version: integer({ min: 1 }), kinds: anything(), migrations: anything() }
const kindTypes: ReadonlySet<unknown> = new Set(['document', 'collection', 'log', 'jobs', 'artifacts', 'settings', 'sessions'])

/**
 * Declares what an app keeps: a name, a version, the kinds, and the migrations from older versions. Each queue gets a document beside it,
 * `<name>Queue`, which says whether it is paused.
 *
 * @throws TypeError for an unknown option or a wrong one
 * @throws HoldfastError DEFINITION_INVALID for a bad or reserved name, names equal but for case, or migrations out of order
 */
export function defineState<const Declared extends Kinds>(definition: {
  readonly name: string
  /** Whole number from 1, raised whenever the kinds change in more than new kinds and indexes. */
  readonly version: number
  readonly kinds: Declared & NoReservedName<Declared>
  readonly migrations?: readonly Migration[]
}): StateDefinition<WithQueues<Declared>> {
  checkOptions('defineState', definition, optionRules)
  if (typeof definition?.name !== 'string') throw misuse('name', 'a name for the state', definition?.name)
  if (definition.version === undefined) throw misuse('version', 'an integer ≥ 1', definition.version)
  assertStateName(definition.name)
  return Object.freeze({
    name: definition.name,
    version: definition.version,
    kinds: readKinds(definition.kinds) as unknown as WithQueues<Declared>,
    migrations: readMigrations(definition.migrations ?? [], definition.version),
  })
}

/** A state is named like a package: it becomes no property, so dashes are welcome. */
function assertStateName(name: string): void {
  if (/^[a-z][A-Za-z0-9-]{0,62}$/.test(name)) return
  throw new HoldfastError('DEFINITION_INVALID', `The state name ${JSON.stringify(name)} does not match ^[a-z][A-Za-z0-9-]{0,62}$.`, {
    what: `state ${name}`,
  })
}

function readKinds(declared: Kinds): Kinds {
  if (typeof declared !== 'object' || declared === null) throw misuse('kinds', 'an object of kinds by name', declared)
  const names = Object.keys(declared)
  for (const name of names) {
    assertName('kind', name)
    const kind = declared[name]
    if (!kindTypes.has(kind?.type))
      throw misuse(`kinds.${name}`, 'a kind made by document(), collection(), log(), jobs(), artifacts(), settings() or sessions()', kind)
  }
  const queues = Object.fromEntries(names.flatMap((name) => queueStateBeside(name, declared[name])))
  assertUniqueNames('kind', [...names, ...Object.keys(queues)])
  for (const [name, kind] of Object.entries(declared)) if (kind.type === 'jobs') assertLog(name, kind, declared)
  assertParents(declared)
  return Object.freeze({ ...declared, ...queues })
}

function queueStateBeside(name: string, kind: Kind | undefined): readonly (readonly [string, Kind])[] {
  if (kind?.type !== 'jobs') return []
  const beside = queueStateName(name)
  assertName('kind', beside)
  return [[beside, queueStateOf(kind)]]
}

/** Lines of jobs go to a log that is declared itself, so that it is followed and kept like any other. */
function assertLog(name: string, { log }: JobsKind, declared: Kinds): void {
  if (log === undefined || Object.values(declared).includes(log)) return
  throw misuse(`kinds.${name}.log`, 'a log that is one of the kinds, too', log)
}
