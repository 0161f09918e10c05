/** Makes sessions, and gives them other tokens. */
import type { CommitOptions } from '../../engine/commit/commit-request.ts'
import { type GivenSession, type NamedSessions, readNewSession, readRotation } from './given-session.ts'
import type { StoredSession } from './tables.ts'
import { createSessionId, createToken, hashToken } from './token.ts'
import type { SessionWrites } from './tx.ts'
import type { Verifier } from './verifier.ts'

interface Made {
  readonly id: string
  readonly token: string
}

export interface SignInsParts extends NamedSessions {
  readonly verifier: Verifier
  readonly write: <Value>(write: (writes: SessionWrites) => Value, options: CommitOptions | undefined) => Promise<Value>
}

export class SignIns {
  readonly #parts: SignInsParts

  constructor(parts: SignInsParts) {
    this.#parts = parts
  }

  async create(given: GivenSession, options: CommitOptions | undefined): Promise<Made> {
    const { kind, write } = this.#parts
    const read = readNewSession(this.#parts, given)
    const token = createToken()
    const id = createSessionId()
    await write((writes) => {
      const { at } = writes
      writes.put({ id, hash: hashToken(token), startedAt: at, endsAt: at + kind.absoluteMs, ...read })
    }, options)
    return Object.freeze({ id, token })
  }

  async rotate(token: unknown, given: GivenSession, options: CommitOptions | undefined): Promise<Made | undefined> {
    const { write } = this.#parts
    const { user, data } = readRotation(this.#parts, given)
    const [before, next] = [hashToken(token), createToken()]
    const id = await write((writes) => {
      const session = writes.find(before)
      // Also the token before: what came of its rotation is not known here.
      if (session === undefined || session.hash !== before || this.#parts.verifier.isOver(session)) return undefined
      const { oldHash: _oldHash, oldUntil: _oldUntil, ...kept } = session
      writes.put({ ...kept, ...this.#renew(session, user, writes.at), ...data, hash: hashToken(next) })
      return session.id
    }, options)
    return id === undefined ? undefined : Object.freeze({ id, token: next })
  }

  /** Whoever knew the token before must not become another user by it. */
  #renew(session: StoredSession, user: string | undefined, at: number): Partial<StoredSession> {
    const { absoluteMs, rotationMs } = this.#parts.kind
    if (user !== undefined && user !== session.user) return { user, startedAt: at, endsAt: at + absoluteMs }
    return rotationMs === 0 ? {} : { oldHash: session.hash, oldUntil: at + rotationMs }
  }
}
