/**
 * Errors for misuse of types, in one grammar: *Expected "timeoutMs" to be an integer ≥ 0, got "5s" (string)*.
 *
 * They are native TypeErrors and RangeErrors, and `isHoldfastError(error, 'OPTION_INVALID')` knows them as well.
 */
import { describe } from './describe.ts'
import { type ErrorDetails, errorTraits } from './error-codes.ts'
import { brand } from './error.ts'
import { nearest } from './nearest.ts'

type Details = ErrorDetails['OPTION_INVALID']

/** The error for a value of the wrong type, or not among the values allowed. */
export function misuse(option: string, expected: string, given: unknown): TypeError {
  const shown = describe(given)
  return mark(new TypeError(grammar(option, expected, shown)), { option, expected, given: shown })
}

/** The error for a number of the right type that is too small, too large or not whole. */
export function outOfRange(option: string, expected: string, given: unknown): RangeError {
  const shown = describe(given)
  return mark(new RangeError(grammar(option, expected, shown)), { option, expected, given: shown })
}

/** The error for an option that `where` does not have; names the one that was likely meant, or else all. */
export function unknownOption(where: string, option: string, known: readonly string[]): TypeError {
  const meant = nearest(option, known)
  const list = known.map((name) => `"${name}"`).join(', ')
  const hint = meant === undefined ? `it has ${list === '' ? 'no options' : list}` : `did you mean "${meant}"?`
  const details = { option, expected: list === '' ? 'no options' : `one of ${list}`, given: 'an unknown name' }
  return mark(
    new TypeError(`Unknown option ${JSON.stringify(option)} of ${where}; ${hint}`),
    meant === undefined ? details : { ...details, nearest: meant },
  )
}

function grammar(option: string, expected: string, shown: string): string {
  return `Expected "${option}" to be ${expected}, got ${shown}`
}

/** Gives a native error what every HoldfastError has. */
function mark<Native extends Error>(error: Native, details: Details): Native {
  const code = 'OPTION_INVALID'
  Object.assign(error, { [brand]: true, code, details })
  return Object.defineProperties(error, {
    traits: { value: errorTraits[code] },
    toJSON: { value: () => ({ code, message: error.message, details }) },
  })
}
