/** Who asks, once the gate has let it in. */
import { HoldfastError } from '../../base/error.ts'
import type { Session } from '../../kinds/sessions/session.ts'

/** Whoever holds the token of the store, or whose browser was signed in by one who does. */
export interface Owner {
  readonly by: 'token' | 'cookie'
}

/** Whoever has a session. */
export interface SessionVisitor {
  readonly by: 'session'
  /** As it was when the request came. */
  readonly session: Session
  /** As it is now; undefined once it is over, or the token that was shown is. No use of it. @throws HoldfastError STORE_CLOSED */
  look(): Session | undefined
}

export type Visitor = Owner | SessionVisitor

/** Call where something was waited for since the gate. @throws HoldfastError UNAUTHENTICATED · STORE_CLOSED */
export function assertStillIn(visitor: Visitor): void {
  asNow(visitor)
}

/** A visitor with its session as it is now, whose rights may be others than when the request came. @throws HoldfastError UNAUTHENTICATED · STORE_CLOSED */
export function asNow(visitor: Visitor): Visitor {
  if (visitor.by !== 'session') return visitor
  const session = visitor.look()
  if (session === undefined) throw sessionOver()
  return session === visitor.session ? visitor : { ...visitor, session }
}

export function sessionOver(): HoldfastError<'UNAUTHENTICATED'> {
  const reason = 'the session is over'
  return new HoldfastError('UNAUTHENTICATED', `The sender is no longer signed in: ${reason}.`, { reason })
}
