/** Which sessions a server lets in. */
import { misuse } from '../../base/misuse.ts'
import { type GivenSession, readNewSession } from '../../kinds/sessions/given-session.ts'
import type { SessionsReads } from '../../kinds/sessions/reads.ts'
import type { StateDefinition } from '../../state/define-state.ts'
import type { SessionsKind } from '../../state/sessions-kind.ts'
import type { Serving } from '../../store/store-handle.ts'

/** A kind of sessions, as the network side uses it. */
export interface SessionAccess {
  readonly reads: SessionsReads
  /** How long a session lasts at most, ms. */
  readonly lifetimeMs: number
  /** Judges what a session would be made with, as `create` does. @throws what that rejects with, before anything is written */
  readonly assertValid: (given: GivenSession) => void
}

/**
 * The sessions of a state: those that are named, else the only ones; undefined where there are none or several.
 *
 * @throws TypeError for a name that is not of sessions
 */
export function findSessionAccess(state: StateDefinition, serving: Serving, name: string | undefined): SessionAccess | undefined {
  const kinds = Object.entries(state.kinds).flatMap(([key, kind]) => (kind.type === 'sessions' ? [{ key, kind }] : []))
  const found = name === undefined && kinds.length === 1 ? kinds[0] : kinds.find(({ key }) => key === name)
  if (found !== undefined) return accessTo(found.key, found.kind, serving)
  if (name === undefined) return undefined
  const listed = kinds.map(({ key }) => `"${key}"`).join(', ')
  throw misuse('sessions', `the name of a kind made by sessions(), of which the state has ${listed === '' ? 'none' : listed}`, name)
}

function accessTo(name: string, kind: SessionsKind, serving: Serving): SessionAccess {
  return {
    reads: serving.committed(name) as SessionsReads,
    lifetimeMs: kind.absoluteMs,
    assertValid: (given) => void readNewSession({ name, kind }, given),
  }
}
