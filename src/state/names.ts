/** Names of kinds, indexes and settings (rule N1). */
import { HoldfastError } from '../base/error.ts'

/** Names that the interface uses itself, now or as planned. */
export type ReservedName = (typeof reserved)[number]

// prettier-ignore
const reserved = [
  'then', 'constructor', 'toJSON', 'at', 'backup', 'call', 'close', 'commit', 'compact', 'cursor', 'diff', 'directory', 'entry', 'epoch',
  'export', 'flush', 'follow', 'health', 'history', 'import', 'lookup', 'on', 'onStatus', 'prune', 'query', 'ready', 'replica', 'reset', 'restore', 'retry',
  'settled', 'snapshot', 'state', 'status', 'store', 'subscribe', 'tx', 'verify', 'watch', 'why',
] as const

/** The names of {@link ReservedName}. */
export const reservedNames: ReadonlySet<string> = new Set(reserved)

const pattern = /^[a-z][A-Za-z0-9]{0,62}$/

/**
 * Checks one name; `what` says what it names, such as `kind`.
 *
 * @throws HoldfastError DEFINITION_INVALID
 */
export function assertName(what: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !pattern.test(name)) {
    throw invalid(what, name, 'does not match ^[a-z][A-Za-z0-9]{0,62}$')
  }
  if (reservedNames.has(name)) throw invalid(what, name, 'is reserved')
}

/**
 * Checks that no two names are equal, ignoring case.
 *
 * @throws HoldfastError DEFINITION_INVALID naming the second of two
 */
export function assertUniqueNames(what: string, names: readonly string[]): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const folded = name.toLowerCase()
    const first = seen.get(folded)
    if (first === name) throw invalid(what, name, 'is declared twice')
    if (first !== undefined) throw invalid(what, name, `differs from ${JSON.stringify(first)} only in case`)
    seen.set(folded, name)
  }
}

function invalid(what: string, name: unknown, reason: string): HoldfastError<'DEFINITION_INVALID'> {
  const shown = typeof name === 'string' ? JSON.stringify(name) : String(typeof name)
  return new HoldfastError('DEFINITION_INVALID', `The ${what} name ${shown} ${reason}.`, { what: `${what} ${shown}` })
}
