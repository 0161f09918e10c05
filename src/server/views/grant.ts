/**
 * Grants: what a session may read and call, as data (rule B1).
 *
 *   { kinds: { hosts: 'all', scans: { 'input.owner': 'ann' } }, actions: ['startScan'] }
 *
 * What is not named is not granted. A grant holds in a snapshot, in each commit and at each call; sessions of equal grants share snapshots and
 * encoded commits.
 */
import { type Condition, type Equalities, grantInvalid, readEqualities } from '../../state/condition.ts'
import type { Kinds, StateDefinition } from '../../state/define-state.ts'

/** All records of a kind, none, or those whose fields are as it says. */
export type KindGrant = 'all' | 'none' | Equalities

/** What a session may read and call. */
export interface Grant<Declared extends Kinds = Kinds> {
  /** By kind. A kind whose values stay home, a kind of settings and a kind of sessions have no fields to go by: `'all'` or `'none'`. */
  readonly kinds?: { readonly [Name in keyof Declared]?: KindGrant }
  /** Names of actions, or all of them. */
  readonly actions?: 'all' | readonly string[]
}

/** A grant that was read: kinds that may be seen, each with the conditions of its records. */
export interface ReadGrant {
  readonly kinds: ReadonlyMap<string, readonly Condition[]>
  readonly actions: 'all' | ReadonlySet<string>
}

/**
 * Reads a grant.
 *
 * @throws HoldfastError GRANT_INVALID
 */
export function readGrant({ kinds: declared }: StateDefinition, grant: Grant): ReadGrant {
  if (typeof grant !== 'object' || grant === null)
    throw grantInvalid('everything', `it is ${grant === null ? 'null' : typeof grant}, not an object`)
  const { kinds = {}, actions = [], ...others } = grant
  const [other] = Object.keys(others)
  if (other !== undefined) throw grantInvalid(JSON.stringify(other), 'a grant has kinds and actions, and nothing else')
  for (const name of Object.keys(kinds)) {
    if (!Object.hasOwn(declared, name))
      throw grantInvalid(JSON.stringify(name), `the state declares ${Object.keys(declared).join(', ') || 'no kinds'}`)
  }
  if (actions !== 'all' && !(Array.isArray(actions) && actions.every((name) => typeof name === 'string')))
    throw grantInvalid('actions', 'they are neither "all" nor a list of names')
  const granted = Object.keys(declared).filter((name) => declared[name]?.feed !== 'none' && (kinds[name] ?? 'none') !== 'none')
  return {
    kinds: new Map(granted.map((name) => [name, conditionsOf(declared, name, kinds[name] as KindGrant)])),
    actions: actions === 'all' ? 'all' : new Set(actions),
  }
}

function conditionsOf(declared: Kinds, name: string, given: KindGrant): readonly Condition[] {
  if (given === 'all') return []
  const where = JSON.stringify(name)
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw grantInvalid(where, 'it is neither "all", "none", nor fields and what each has to be')
  const { type, feed } = declared[name] ?? {}
  if (feed !== 'value') throw grantInvalid(where, 'its values stay home, so there are no fields to go by')
  if (type === 'settings') throw grantInvalid(where, 'settings have no fields to go by')
  return readEqualities(given, where)
}
