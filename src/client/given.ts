/** Checks of what is given by callers; the store's own need its table of errors, which is larger than a client. */
import { describe } from '../base/describe.ts'
import { misuse } from './replica-error.ts'

/** What an option may be: words that complete *Expected "x" to be …*, and the test. */
export type Rule = readonly [expected: string, accepts: (given: unknown) => boolean]

/** The rule of each option, by name. */
export interface Rules {
  readonly [option: string]: Rule
}

export const aText: Rule = ['a string', (given) => typeof given === 'string']
export const aNumber: Rule = ['a number', (given) => typeof given === 'number']
export const aCount: Rule = ['an integer ≥ 0', (given) => Number.isSafeInteger(given) && (given as number) >= 0]

export function oneOf(...values: readonly string[]): Rule {
  return [values.join(' or '), (given) => values.includes(given as string)]
}

/** @throws TypeError unless the options are an object of known names with right values; undefined ones count as not given */
export function checkOptions(where: string, given: unknown, rules: Rules): void {
  check(typeof given === 'object' && given !== null, `${where} options`, 'an object', given)
  for (const [name, value] of Object.entries(given as object) as [string, unknown][]) {
    const [expected, accepts] = (Object.hasOwn(rules, name) && rules[name]) || [`one of ${Object.keys(rules).join(', ')}`, () => false]
    check(value === undefined || accepts(value), name, expected, value)
  }
}

/** @throws TypeError unless it holds */
export function check(isRight: boolean, option: string, expected: string, given: unknown): void {
  if (!isRight) throw misuse(option, expected, describe(given))
}

/** Limits are brought into range, never refused: NaN asks for the default, less than 1 for one. */
export function clampLimit(limit: number = Number.NaN, fallback: number): number {
  return Math.max(1, Math.min(1000, Math.floor(Number.isNaN(limit) ? fallback : limit)))
}
