/** Checks of what is given by callers; the store's own need its table of errors, which is larger than a client. */
import { brand } from './replica-error.ts'

/**
 * What each option may be, in words that complete *Expected "x" to be …*: `a string` and the like end with the type; `asc or desc` are the
 * values; `anything`.
 */
export interface Rules {
  readonly [option: string]: string
}

/** @throws TypeError unless the options are an object of known names with right values; undefined ones count as not given */
export function checkOptions(given: unknown, rules: Rules): void {
  check(given === Object(given), 'options', 'an object', given)
  for (const [name, value] of Object.entries(given as object) as [string, unknown][]) {
    const rule = Object.hasOwn(rules, name) && rules[name]
    // Its value is not shown: it may be a token.
    check(rule, 'options', `one of ${Object.keys(rules).join(', ')}`, name)
    check(accepts(rule, value), name, rule, value)
  }
}

function accepts(rule: string, value: unknown): boolean {
  if (value === undefined || rule === 'anything') return true
  return (value !== null && rule.endsWith(` ${typeof value}`)) || rule.split(' or ').includes(value as string)
}

/** @throws TypeError unless it holds: a native one, like those of the store */
export function check(isRight: unknown, option: string, expected: string, given: unknown): asserts isRight {
  if (isRight) return
  const shown = show(given)
  const error = new TypeError(`Expected "${option}" to be ${expected}, got ${shown}`)
  throw Object.assign(error, { [brand]: true, code: 'OPTION_INVALID', details: { option, expected, given: shown } })
}

/** A value in few words: texts in quotes, and of objects no more than that they are some, as anything else may run code of theirs. */
export function show(given: unknown): string {
  if (typeof given === 'string') return JSON.stringify(given)
  return given === Object(given) ? typeof given : String(given)
}
