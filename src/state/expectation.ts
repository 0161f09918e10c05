import type { OptionRules } from '../base/options.ts'

/** Rule of the option `expect` of a write: the revision it replaces, or `null` for none (rule C6). */
export const expectationRules: OptionRules = Object.freeze({
  expect: {
    expected: 'a revision, or null for a record that must not exist',
    accepts: (given: unknown) => given === null || (Number.isSafeInteger(given) && (given as number) >= 0),
  },
})
