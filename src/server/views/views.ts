/** Which view each visitor has: the owner sees everything, a session what its grant says. */
import { HoldfastError } from '../../base/error.ts'
import type { Session } from '../../kinds/sessions/session.ts'
import type { StateDefinition } from '../../state/define-state.ts'
import { assertStillIn, type Visitor } from '../gate/visitor.ts'
import { type Grant, readGrant } from './grant.ts'
import { grantedView, type View, wholeView } from './view.ts'

/** Says what a session may read and call. Asked at each request, and twice a second while a session has a stream open: it should be quick. */
export type Grants = (session: Session) => Grant

export class Views {
  readonly #state: StateDefinition
  readonly #grants: Grants | undefined
  readonly #whole: View

  /** @param grants undefined where sessions may do what the owner may */
  constructor(state: StateDefinition, grants: Grants | undefined) {
    this.#state = state
    this.#grants = grants
    this.#whole = wholeView(Object.keys(state.kinds).filter((name) => state.kinds[name]?.feed !== 'none'))
  }

  /** @throws Error with the cause, where `grants` throws or what it answers is none: GRANT_INVALID */
  of(visitor: Visitor): View {
    return visitor.by === 'session' ? this.#of(visitor.session) : this.#whole
  }

  /**
   * Whether a visitor is still in and still has this view.
   *
   * @throws HoldfastError UNAUTHENTICATED · CURSOR_DIVERGED · STORE_CLOSED
   */
  assertSame(visitor: Visitor, view: View): void {
    assertStillIn(visitor)
    const session = visitor.by === 'session' ? visitor.look() : undefined
    if (session !== undefined && this.#of(session).key !== view.key) throw regranted()
  }

  #of(session: Session): View {
    if (this.#grants === undefined) return this.#whole
    try {
      return grantedView(readGrant(this.#state, this.#grants(session)))
    } catch (cause) {
      // Whoever made the grants hears of it; whoever asks did nothing wrong, and sees nothing.
      throw new Error(`What the session ${session.id} may see cannot be said.`, { cause })
    }
  }
}

function regranted(): HoldfastError<'CURSOR_DIVERGED'> {
  return new HoldfastError('CURSOR_DIVERGED', 'What may be seen is another: what was received until now is void.', {
    revision: undefined,
    reason: 'grant',
  })
}
