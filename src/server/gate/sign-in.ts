/** Signing a browser in: a link with a one-time code, the page it leads to, and the cookie that the page gets for the code (rule Z8). */
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/error.ts'
import { paths } from '../../protocol/requests.ts'
import { emptyReply, type Reply, textReply } from '../reply.ts'
import { OneTimeCodes } from './codes.ts'
import { serializeCookie } from './cookie-header.ts'
import { cookieName, issueCookie } from './cookie.ts'
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
}

/** The sign-in of one server; its codes end with it. */
export class SignIn {
  readonly #options: SignInOptions
  readonly #codes: OneTimeCodes
  readonly #page: Reply
  readonly #path: string

  /** @throws TypeError for a return path that is not one of this server */
  constructor(options: SignInOptions) {
    this.#options = options
    this.#codes = new OneTimeCodes(options.clock)
    this.#path = `${options.base}/${paths.signIn}`
    const { html, headers } = createSignInPage({ address: this.#path, returnPath: options.returnPath ?? '/' })
    this.#page = textReply(html, headers)
  }

  /** The path of the page with a new code behind `#`, where no server and no log sees it: `/state/sign-in#…`. Valid for 30 s, once. */
  path(): string {
    return `${this.#path}#${this.#codes.issue()}`
  }

  /** The page; it holds nothing that is secret. */
  page(): Reply {
    return this.#page
  }

  /** Takes `{ code }` and sets the cookie. @throws HoldfastError CODE_INVALID */
  exchange(body: unknown): Reply {
    const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
    if (!this.#codes.redeem(code)) {
      const reason = 'it is wrong, was used before, or is too old'
      throw new HoldfastError('CODE_INVALID', `The code is refused: ${reason}.`, { reason })
    }
    const { token, storeId, clock, cookiePath = '/', isSecure } = this.#options
    const name = cookieName(storeId)
    const value = issueCookie({ name, token, nowMs: clock.now() })
    return emptyReply(204, { 'set-cookie': serializeCookie(value, { name, path: cookiePath, isSecure }) })
  }
}
