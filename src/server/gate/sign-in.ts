/**
 * Signing a browser in: a link with a one-time code, the page it leads to, and the cookie that the page gets for the code (rule Z8).
 *
 * The cookie says that the browser is the owner's, or it is that of a session that is made at the exchange. A session that the browser had before
 * ends then, so that nobody who knew its token becomes who signs in (rule Z24).
 */
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/error.ts'
import { misuse } from '../../base/misuse.ts'
import { anything, checkOptions, text } from '../../base/options.ts'
import { paths } from '../../protocol/requests.ts'
import { emptyReply, type Reply, textReply } from '../reply.ts'
import { OneTimeCodes } from './codes.ts'
import { serializeCookie } from './cookie-header.ts'
import { cookieName, issueCookie } from './cookie.ts'
import type { RequestHead } from './request-head.ts'
import type { SessionAccess } from './session-access.ts'
import { serializeNoCookie, serializeSessionCookie, sessionCookieName, sessionTokens } from './session-cookie.ts'
import { createSignInPage } from './sign-in-page.ts'

export interface SignInOptions {
  readonly token: string
  readonly storeId: string
  /** Where the routes are mounted, such as `/state`. */
  readonly base: string
  /** The cookie is sent by HTTPS only. */
  readonly isSecure: boolean
  readonly clock: Pick<Clock, 'elapsed' | 'now'>
  /** Where the browser goes once it is signed in; default `/`. */
  readonly returnPath?: string
  /** The cookie is sent to this path and below; default `/`, since the page stands beside the routes. */
  readonly cookiePath?: string
  /** Where sessions are made; undefined where none are let in. */
  readonly access?: SessionAccess | undefined
}

/** Whose session a link opens. */
export interface SignInAs {
  readonly user: string
  /** What the session carries; judged by its schema at once, and again when the code is exchanged. */
  readonly data?: unknown
}

const asRules = { user: text(), data: anything() }

/** The sign-in of one server; its codes end with it. */
export class SignIn {
  readonly #options: SignInOptions
  readonly #codes: OneTimeCodes<SignInAs | undefined>
  readonly #page: Reply
  readonly #path: string
  readonly #cookies: { readonly path: string; readonly isSecure: boolean }

  /** @throws TypeError for a return path that is not one of this server */
  constructor(options: SignInOptions) {
    this.#options = options
    this.#codes = new OneTimeCodes(options.clock)
    this.#path = `${options.base}/${paths.signIn}`
    this.#cookies = { path: options.cookiePath ?? '/', isSecure: options.isSecure }
    const { html, headers } = createSignInPage({ address: this.#path, returnPath: options.returnPath ?? '/' })
    this.#page = textReply(html, headers)
  }

  /**
   * The path of the page with a new code behind `#`, where no server and no log sees it: `/state/sign-in#…`. Valid for 30 s, once.
   *
   * @param as signs in by a session of this user; as the owner when not given
   * @throws TypeError for no user, for data where none is declared, or where no sessions are let in
   * @throws HoldfastError SCHEMA_REJECTED · SCHEMA_ASYNC · VALUE_INVALID
   */
  path(as?: SignInAs): string {
    if (as !== undefined) {
      const { assertValid } = this.#access('signInPath')
      checkOptions('signInPath', as, asRules)
      if (as.user === undefined || as.user === '') throw misuse('user', 'the name of a user', as.user)
      assertValid(as)
    }
    return `${this.#path}#${this.#codes.issue(as)}`
  }

  /** The page; it holds nothing that is secret. */
  page(): Reply {
    return this.#page
  }

  /** A header `Set-Cookie` that signs a browser in by a session. @throws TypeError for what is no token, or where no sessions are let in */
  sessionCookie(token: string): string {
    const { lifetimeMs } = this.#access('sessionCookie')
    return serializeSessionCookie(token, { storeId: this.#options.storeId, ...this.#cookies, lifetimeMs })
  }

  /** A header `Set-Cookie` that takes the cookie of a session away. @throws TypeError where no sessions are let in */
  clearSessionCookie(): string {
    this.#access('clearSessionCookie')
    return serializeNoCookie(sessionCookieName(this.#options.storeId), this.#cookies)
  }

  /** Takes `{ code }` and sets the cookie. @throws HoldfastError CODE_INVALID, and as the commit of a session does */
  async exchange(body: unknown, head: RequestHead): Promise<Reply> {
    const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
    const redeemed = this.#codes.redeem(code)
    if (redeemed === undefined) {
      const reason = 'it is wrong, was used before, or is too old'
      throw new HoldfastError('CODE_INVALID', `The code is refused: ${reason}.`, { reason })
    }
    await this.#endSessions(head)
    const cookies = redeemed.purpose === undefined ? this.#cookiesOfOwner() : await this.#cookiesOfSession(redeemed.purpose)
    return { ...emptyReply(204), cookies }
  }

  async #endSessions(head: RequestHead): Promise<void> {
    const { access, storeId } = this.#options
    if (access === undefined) return
    for (const token of sessionTokens(head, sessionCookieName(storeId))) {
      const session = access.reads.peek(token)
      if (session !== undefined) await access.reads.revoke(session.id, { label: 'signed in anew' })
    }
  }

  #cookiesOfOwner(): readonly string[] {
    const { token, storeId, clock, access } = this.#options
    const name = cookieName(storeId)
    const value = issueCookie({ name, token, nowMs: clock.now() })
    const cookie = serializeCookie(value, { name, ...this.#cookies })
    return access === undefined ? [cookie] : [cookie, this.clearSessionCookie()]
  }

  async #cookiesOfSession({ user, data }: SignInAs): Promise<readonly string[]> {
    const { reads } = this.#access('exchange')
    const { token } = await reads.create({ user, data }, { label: 'signed in', actor: user })
    return [this.sessionCookie(token), serializeNoCookie(cookieName(this.#options.storeId), this.#cookies)]
  }

  #access(method: string): SessionAccess {
    const { access } = this.#options
    if (access === undefined) throw misuse('sessions', `the name of a kind made by sessions() where ${method}() is used`, undefined)
    return access
  }
}
