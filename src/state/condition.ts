/** Conditions on a value: what some of its fields have to be. */
import { HoldfastError } from '../base/error.ts'

/** What a field may have to be: what an index holds, or null. */
export type ConditionValue = string | number | boolean | null

/** Fields and what each has to be, all of them. A dot leads into an object: `{ 'input.owner': 'ann' }`. */
export interface Equalities {
  readonly [field: string]: ConditionValue
}

/** One field of a value, and what it has to be. */
export interface Condition {
  readonly path: readonly string[]
  readonly equals: ConditionValue
}

/**
 * Reads equalities that were given.
 *
 * @param where what they are for, for the error
 * @throws HoldfastError GRANT_INVALID
 */
export function readEqualities(given: Equalities, where: string): readonly Condition[] {
  const conditions = Object.entries(given).map(([field, equals]) => readEquality(field, equals, where))
  if (conditions.length === 0) throw grantInvalid(where, 'it names no field; say "all" or "none"')
  return Object.freeze(conditions.toSorted((one, other) => (one.path.join('.') < other.path.join('.') ? -1 : 1)))
}

function readEquality(field: string, equals: unknown, where: string): Condition {
  const path = field.split('.')
  if (path.some((name) => name === '' || /["\\]/.test(name))) throw grantInvalid(where, `${JSON.stringify(field)} is no name of a field`)
  const isScalar = equals === null || typeof equals === 'string' || typeof equals === 'boolean' || Number.isFinite(equals)
  if (!isScalar)
    throw grantInvalid(where, `the field ${JSON.stringify(field)} is compared with neither a text, a number, a boolean nor null`)
  return Object.freeze({ path: Object.freeze(path), equals: equals as ConditionValue })
}

/** What a grant says is wrong. @param where what it grants */
export function grantInvalid(where: string, reason: string): HoldfastError<'GRANT_INVALID'> {
  return new HoldfastError('GRANT_INVALID', `The grant of ${where} is wrong: ${reason}.`, { where, reason })
}

/** Whether a value is as the conditions say. */
export function fulfils(value: unknown, conditions: readonly Condition[]): boolean {
  return conditions.every(({ path, equals }) => fieldOf(value, path) === equals)
}

function fieldOf(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, name)) return undefined
    found = (found as { readonly [name: string]: unknown })[name]
  }
  return found
}

/** Conditions as a part of a WHERE on a column `value` of JSON as it is stored; what is compared is bound, never part of the SQL. */
export function conditionSql(conditions: readonly Condition[]): { readonly sql: string; readonly binds: readonly string[] } {
  return {
    // `->` gives the text of the JSON, which tells 1 from true and from "1".
    sql: conditions.map(() => 'value -> ? = ?').join(' AND '),
    binds: conditions.flatMap(({ path, equals }) => [`$${path.map((name) => `."${name}"`).join('')}`, JSON.stringify(equals)]),
  }
}
