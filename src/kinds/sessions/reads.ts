import { misuse } from '../../base/misuse.ts'
import { anything, checkOptions, integer, text } from '../../base/options.ts'
import type { CommitOptions, CommitResult } from '../../engine/commit/commit-request.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { Change, Commit } from '../../state/change.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { Page } from '../../state/query.ts'
import { assertKeyText } from '../../state/value.ts'
import type { Finder } from '../collection/finder.ts'
import { type Session, showSession } from './session.ts'
import type { SignIns } from './sign-ins.ts'
import type { StoredSession } from './tables.ts'
import type { SessionsTx } from './tx.ts'
import type { Verifier } from './verifier.ts'

/** A session as it is listed. */
export interface SessionInfo<Data = unknown> extends Session<Data> {
  /** When it was last used, milliseconds since 1970; by other processes, as far as they have written it, which they do within a minute. */
  readonly usedAt: number
}

/** A sign-in. */
export type NewSession<Input> = { readonly user: string } & (undefined extends Input
  ? { readonly data?: Frozen<Input> | undefined }
  : { readonly data: Frozen<Input> })

/** What changes with a rotation; nothing but the token when nothing is given. */
export type RotatedSession<Input> = {
  /** Who signs in; a session that becomes another user's begins anew, and its old token is over at once. */
  readonly user?: string | undefined
  readonly data?: Frozen<Input> | undefined
}

/** What to hand to whoever signed in. */
export interface SignIn {
  readonly id: string
  /** 256 random bits in base64url. Given out this once: the store has its hash alone. */
  readonly token: string
}

/** What a commit of a session may say of itself. */
export type SessionOptions = Pick<CommitOptions, 'actor' | 'label' | 'durability'>

/** What `store.<sessions>` offers. */
export interface SessionsReads<Input = unknown, Output = unknown> {
  /**
   * Makes a session.
   *
   * @returns rejects with TypeError for a user that is no text, SCHEMA_REJECTED · VALUE_INVALID, and as `store.commit` does
   */
  create(session: NewSession<Input>, options?: SessionOptions): Promise<SignIn>
  /**
   * Whose session a token is, judged now; undefined for what is over or revoked, and for whatever is no token at all. Synchronous, from
   * memory where nothing has changed. Counts as a use. The same object as long as the session does not change.
   */
  verify(token: unknown): Session<Output> | undefined
  /** As `verify`, and no use of it: for looking again at whoever has a stream open, whose token may have been rotated away since. */
  peek(token: unknown): Session<Output> | undefined
  /** The hash of a token by the beginning of it, for a server to prove that it knows the token (rule Z9). It opens nothing. */
  hashOf(name: string): string | undefined
  /** A session by its id, while it is valid. No use of it. */
  get(id: string): Session<Output> | undefined
  /** A page of valid sessions, of one user or of all. It may be shorter than its limit and still have a next one. */
  list(query?: { readonly user?: string; readonly limit?: number; readonly after?: string }): Page<SessionInfo<Output>>
  /**
   * Gives a session another token, as at each sign-in and change of rights. The old one holds for `rotationMs` more, so that requests
   * under way go through; it cannot be rotated again.
   *
   * @returns undefined when the token is not valid
   */
  rotate(token: unknown, session?: RotatedSession<Input>, options?: SessionOptions): Promise<SignIn | undefined>
  /** Ends a session; false when there is none of this id. The next look at its token fails, in every process on the store. */
  revoke(id: string, options?: SessionOptions): Promise<boolean>
  /** Ends all sessions of a user; answers with their number. */
  revokeUser(user: string, options?: SessionOptions): Promise<number>
  /** Ends all sessions there are; answers with their number. */
  revokeAll(options?: SessionOptions): Promise<number>
  /** Calls back with the ids of sessions that are gone, revoked or over, here or in another process, within a second. Returns the unsubscriber. */
  onRevoked(callback: (ids: readonly string[], commit: Commit) => void): () => void
}

export interface SessionsReadsParts {
  readonly name: string
  readonly verifier: Verifier
  readonly finder: Finder
  readonly signIns: SignIns
  readonly services: KindServices
}

const listRules = { user: text(), limit: integer(), after: text() }
const optionRules = { actor: anything(), label: anything(), durability: anything() }

export function createSessionsReads(parts: SessionsReadsParts): SessionsReads {
  const { name, verifier, signIns, services } = parts
  const { beginRead } = services
  const commit = async <Value>(write: (tx: SessionsTx) => Value, options: SessionOptions | undefined): Promise<Value> => {
    checkOptions(name, options, optionRules)
    const result: CommitResult<Value> = await services.commit(name, write, options)
    return result.value
  }
  return Object.freeze({
    create: async (session: NewSession<unknown>, options?: SessionOptions) => {
      checkOptions('create', options, optionRules)
      return signIns.create(session, options)
    },
    verify(token: unknown) {
      beginRead('verify')
      return verifier.verify(token)
    },
    peek(token: unknown) {
      beginRead('peek')
      return verifier.peek(token)
    },
    hashOf(start: string) {
      beginRead('hashOf')
      return verifier.hashOf(start)
    },
    get(id: string) {
      beginRead('get')
      if (typeof id !== 'string') assertKeyText('id', id)
      return verifier.get(id)
    },
    list: (query: { readonly user?: string; readonly limit?: number; readonly after?: string } = {}) => listSessions(parts, query),
    rotate: async (token: unknown, session: RotatedSession<unknown> = {}, options?: SessionOptions) => {
      checkOptions('rotate', options, optionRules)
      return signIns.rotate(token, session, options)
    },
    revoke: (id: string, options?: SessionOptions) => commit((tx) => tx.revoke(id), options),
    revokeUser: (user: string, options?: SessionOptions) => commit((tx) => tx.revokeUser(user), options),
    revokeAll: (options?: SessionOptions) => commit((tx) => tx.revokeAll(), options),
    onRevoked(callback: (ids: readonly string[], commit: Commit) => void) {
      if (typeof callback !== 'function') throw misuse('callback', 'a function', callback)
      return services.watch(name, (changes: readonly Change[], committed: Commit) => {
        const ids = changes.flatMap((change) => (change.op === 'delete' ? [change.key] : []))
        return ids.length === 0 ? undefined : callback(ids, committed)
      })
    },
  })
}

function listSessions(
  { verifier, finder, services }: SessionsReadsParts,
  query: { readonly user?: string; readonly limit?: number; readonly after?: string },
): Page<SessionInfo> {
  services.beginRead('list')
  checkOptions('list', query, listRules)
  const { user, limit, after } = query
  const { items, next } = finder.find({ ...(user === undefined ? {} : { index: 'byUser', equals: [user] }), limit, after })
  const valid = (items as readonly StoredSession[]).filter((stored) => !verifier.isOver(stored))
  const infos = valid.map((stored) => Object.freeze({ ...showSession(stored), usedAt: verifier.usedAt(stored.id) }))
  return Object.freeze({ items: Object.freeze(infos), next })
}
