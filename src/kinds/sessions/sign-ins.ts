/** Makes sessions, and gives them other tokens. */
import { checkOptions, anything } from '../../base/options.ts'
import { misuse } from '../../base/misuse.ts'
import type { CommitOptions } from '../../engine/commit/commit-request.ts'
import type { SessionsKind } from '../../state/sessions-kind.ts'
import { validate } from '../../state/standard-schema.ts'
import { assertKeyText, toStored } from '../../state/value.ts'
import type { StoredSession } from './tables.ts'
import { createSessionId, createToken, hashToken } from './token.ts'
import type { SessionWrites } from './tx.ts'
import type { Verifier } from './verifier.ts'

interface Given {
  readonly user?: string | undefined
  readonly data?: unknown
}

interface Made {
  readonly id: string
  readonly token: string
}

export interface SignInsParts {
  readonly name: string
  readonly kind: SessionsKind
  readonly verifier: Verifier
  readonly write: <Value>(write: (writes: SessionWrites) => Value, options: CommitOptions | undefined) => Promise<Value>
}

const givenRules = { user: anything(), data: anything() }

export class SignIns {
  readonly #parts: SignInsParts

  constructor(parts: SignInsParts) {
    this.#parts = parts
  }

  async create(given: Given, options: CommitOptions | undefined): Promise<Made> {
    const { kind, write } = this.#parts
    checkOptions('session', given, givenRules)
    assertUser(given?.user)
    const { user } = given
    const data = this.#readData(given.data)
    const token = createToken()
    const id = createSessionId()
    await write((writes) => {
      const { at } = writes
      writes.put({ id, user, hash: hashToken(token), startedAt: at, endsAt: at + kind.absoluteMs, ...data })
    }, options)
    return Object.freeze({ id, token })
  }

  async rotate(token: unknown, given: Given, options: CommitOptions | undefined): Promise<Made | undefined> {
    const { write } = this.#parts
    checkOptions('session', given, givenRules)
    if (given.user !== undefined) assertUser(given.user)
    const { user } = given
    const data = given.data === undefined ? {} : this.#readData(given.data)
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

  #readData(given: unknown): { readonly data?: unknown } {
    const { kind, name } = this.#parts
    if (kind.data === undefined) {
      if (given !== undefined) throw misuse('data', 'nothing, since none is declared', given)
      return {}
    }
    const data = validate(kind.data, given, name)
    return data === undefined ? {} : { data: toStored(data, name).data }
  }
}

function assertUser(user: unknown): asserts user is string {
  if (typeof user !== 'string') throw misuse('user', 'a string', user)
  assertKeyText('user', user)
}
