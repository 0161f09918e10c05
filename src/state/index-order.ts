/**
 * The order of index values (rule V3): absent < false < true < numbers < strings by code point.
 *
 * The server sorts in SQLite and the client in memory, so the order exists twice and must be the same. SQLite orders NULL <
 * numbers < text, and text by its UTF-8 bytes, which is by code point; NULL never equals NULL though, and there are no booleans.
 * So the three values before the numbers are encoded as the three smallest doubles, and numbers that small are refused:
 *
 *     absent  -Infinity
 *     false   -1.7976931348623157e308   (the smallest finite double)
 *     true    -1.7976931348623155e308   (the one after it)
 */
import { describe } from '../base/describe.ts'
import { HoldfastError } from '../base/error.ts'
import { keyTextProblem } from './value.ts'
import { showPath } from './value-path.ts'

/** The value of one field in an index. */
export type IndexValue = string | number | boolean | undefined

const absentColumn = -Infinity
const falseColumn = -Number.MAX_VALUE
const trueColumn = -1.7976931348623155e308

const typesInOrder: readonly string[] = ['undefined', 'boolean', 'number', 'string']

/** Negative, zero or positive as `a` comes before, equals or comes after `b`. */
export function compareIndexValues(a: IndexValue, b: IndexValue): number {
  if (typeof a !== typeof b) return typesInOrder.indexOf(typeof a) - typesInOrder.indexOf(typeof b)
  if (typeof a === 'string') return compareCodePoints(a, b as string)
  // Nothing equals nothing.
  return Number(a) - Number(b) || 0
}

/** By code point, as UTF-8 bytes compare; by code unit, surrogates would come before U+E000 to U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const order = (a.codePointAt(at) as number) - (b.codePointAt(at) as number)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** Where an index value stands, for the error. */
export interface IndexPlace {
  readonly kind: string
  readonly index?: string
  readonly field: string
}

/**
 * What SQLite stores and compares for an index value, in a column without a type and with BINARY collation.
 *
 * @throws HoldfastError VALUE_INVALID for null, objects, numbers below the range, and strings that are no key text (`''` is fine)
 */
export function toIndexColumn(value: unknown, where: IndexPlace): string | number {
  switch (typeof value) {
    case 'string': {
      const problem = value === '' ? undefined : keyTextProblem(value)
      if (problem !== undefined) throw refusal(where, problem)
      return value
    }
    case 'number':
      if (Number.isFinite(value) && value > trueColumn) return value === 0 ? 0 : value
      break
    case 'boolean':
      return value ? trueColumn : falseColumn
    case 'undefined':
      return absentColumn
  }
  throw refusal(where, `is ${describe(value)}, but an index holds strings, booleans, finite numbers above -1.797e308, or nothing`)
}

function refusal({ kind, index, field }: IndexPlace, reason: string): HoldfastError<'VALUE_INVALID'> {
  const holder = index === undefined ? `of "${kind}"` : `in the index "${index}" of "${kind}"`
  return new HoldfastError('VALUE_INVALID', `The field "${field}" ${holder} ${reason}.`, { kind, path: showPath([field]), reason })
}
