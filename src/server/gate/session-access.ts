/** Which sessions a server lets in. */
import { misuse } from '../../base/misuse.ts'
import type { SessionsReads } from '../../kinds/sessions/reads.ts'
import type { StateDefinition } from '../../state/define-state.ts'
import type { Serving } from '../../store/store-handle.ts'

/** A kind of sessions, as the network side uses it. */
export interface SessionAccess {
  readonly reads: SessionsReads
  /** How long a session lasts at most, ms. */
  readonly lifetimeMs: number
}

/**
 * The sessions of a state: those that are named, else the only ones; undefined where there are none or several.
 *
 * @throws TypeError for a name that is not of sessions
 */
export function findSessionAccess(state: StateDefinition, serving: Serving, name: string | undefined): SessionAccess | undefined {
  const kinds = Object.entries(state.kinds).flatMap(([key, kind]) => (kind.type === 'sessions' ? [{ key, kind }] : []))
  const found = name === undefined && kinds.length === 1 ? kinds[0] : kinds.find(({ key }) => key === name)
  if (found !== undefined) return { reads: serving.committed(found.key) as SessionsReads, lifetimeMs: found.kind.absoluteMs }
  if (name === undefined) return undefined
  const listed = kinds.map(({ key }) => `"${key}"`).join(', ')
  throw misuse('sessions', `the name of a kind made by sessions(), of which the state has ${listed === '' ? 'none' : listed}`, name)
}
