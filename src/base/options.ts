/**
 * Options are checked against a table of rules: unknown and misspelled names are refused, and values of the wrong type.
 *
 * A table is made once, where its function is declared; a check of few options costs some ten nanoseconds.
 */
import { misuse, outOfRange, unknownOption } from './misuse.ts'

/** What one option may be. */
export interface OptionRule {
  /** Completes *Expected "x" to be …*. */
  readonly expected: string
  /** Numbers it does not accept are out of range rather than of the wrong type. */
  readonly isNumeric?: boolean
  readonly accepts: (given: unknown) => boolean
}

/** The rule of each option, by name. */
export interface OptionRules {
  readonly [option: string]: OptionRule
}

/**
 * Checks the options given to `where`; undefined options, as a whole or one by one, count as not given.
 *
 * Reads each option once. Which options are required is for the caller to check.
 *
 * @throws TypeError for something that is no object, an unknown name or a wrong type
 * @throws RangeError for a number out of range
 */
export function checkOptions(where: string, given: unknown, rules: OptionRules): void {
  if (given === undefined) return
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw misuse(`${where} options`, 'an object', given)
  // Inherited options count: whoever reads `given.x` sees them too.
  for (const option in given) {
    const rule = rules[option]
    // Names such as "constructor" find a member of Object.prototype, which has no `accepts`.
    if (rule?.accepts === undefined) throw unknownOption(where, option, Object.keys(rules))
    const value = (given as Record<string, unknown>)[option]
    if (value === undefined || rule.accepts(value)) continue
    throw rule.isNumeric === true && typeof value === 'number'
      ? outOfRange(option, rule.expected, value)
      : misuse(option, rule.expected, value)
  }
}

/** A whole number that is exact as a double, from `min` to `max` inclusive. */
export function integer(range: { readonly min?: number; readonly max?: number } = {}): OptionRule {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range
  return {
    expected: `an integer${bounds(range)}`,
    isNumeric: true,
    accepts: (given) => Number.isSafeInteger(given) && (given as number) >= min && (given as number) <= max,
  }
}

function bounds({ min, max }: { readonly min?: number; readonly max?: number }): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` ≥ ${min}`
  return max === undefined ? '' : ` ≤ ${max}`
}

/** One of a few values, compared by identity. */
export function oneOf(allowed: readonly (string | number | boolean)[]): OptionRule {
  const shown = allowed.map((value) => JSON.stringify(value))
  const expected = shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`
  return { expected, accepts: (given) => (allowed as readonly unknown[]).includes(given) }
}

/** Any string. */
export function text(): OptionRule {
  return { expected: 'a string', accepts: (given) => typeof given === 'string' }
}

/** A boolean. */
export function flag(): OptionRule {
  return { expected: 'true or false', accepts: (given) => typeof given === 'boolean' }
}

/** A function. */
export function fn(): OptionRule {
  return { expected: 'a function', accepts: (given) => typeof given === 'function' }
}

/** An object that is no array, usually options checked by rules of their own. */
export function object(): OptionRule {
  return { expected: 'an object', accepts: (given) => typeof given === 'object' && given !== null && !Array.isArray(given) }
}

/** An AbortSignal of any realm. */
export function signal(): OptionRule {
  return {
    expected: 'an AbortSignal',
    accepts: (given) => typeof given === 'object' && given !== null && 'aborted' in given && 'addEventListener' in given,
  }
}

/** What `rule` accepts, or null. */
export function orNull(rule: OptionRule): OptionRule {
  return { ...rule, expected: `${rule.expected} or null`, accepts: (given) => given === null || rule.accepts(given) }
}

/** Anything: the caller checks it. */
export function anything(): OptionRule {
  return { expected: 'anything', accepts: () => true }
}
