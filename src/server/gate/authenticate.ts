/** Who sends a request: whoever holds the token, or a browser with a cookie that the token proves (rules Z1 and Z8). */
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/error.ts'
import { readCookie } from './cookie-header.ts'
import { cookieName, isCookieValid } from './cookie.ts'
import { digest, isSame } from './digest.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { RequestHead } from './request-head.ts'

/** How a sender proved who it is. */
export interface Proof {
  readonly by: 'token' | 'cookie'
}

export interface AuthenticateOptions {
  readonly token: string
  readonly storeId: string
  readonly clock: Pick<Clock, 'now'>
}

const bearer = /^bearer +/i

/** Makes the function that knows senders; it never throws. A token that is wrong is not made good by a cookie. */
export function createAuthenticate({ token, storeId, clock }: AuthenticateOptions): (head: RequestHead) => Proof | undefined {
  const wanted = digest(token)
  const name = cookieName(storeId)
  return ({ headers }) => {
    const authorization = headers.all('authorization')
    if (authorization.length > 1) return undefined
    const [given] = authorization
    if (given !== undefined && bearer.test(given)) return isSame(digest(given.replace(bearer, '')), wanted) ? { by: 'token' } : undefined
    const isProven = (value: string): boolean => isCookieValid(value, { name, token, nowMs: clock.now() })
    return readCookie(headers.all('cookie'), name, isProven) === undefined ? undefined : { by: 'cookie' }
  }
}

/** As long as a token, or longer. */
const longWord = /[\w-]{43,}/g

const tokenParameters: ReadonlySet<string> = new Set(['token', 'access_token'])

/** Refuses an address that holds the token, or a parameter meant for one: addresses end up in logs and histories. */
export function refuseTokenInTarget(target: string, token: string): Refusal | undefined {
  const queryAt = target.indexOf('?')
  const query = queryAt < 0 ? '' : target.slice(queryAt + 1)
  for (const name of new URLSearchParams(query).keys()) {
    if (tokenParameters.has(name.toLowerCase())) return leaked(`the parameter "${name}"`)
  }
  const plain = unescaped(target)
  return holds(target, token) || (plain !== target && holds(plain, token)) ? leaked('the address') : undefined
}

function unescaped(target: string): string {
  return target.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Whether the token stands in a text. Looks at every place in the same way, so that the time tells nothing of a token guessed in part. */
function holds(text: string, token: string): boolean {
  let isFound = false
  // Seldom is a word in an address as long.
  for (const [word] of text.matchAll(longWord)) {
    for (let start = 0; start + token.length <= word.length; start += 1) isFound = isAt(word, start, token) || isFound
  }
  return isFound
}

function isAt(word: string, start: number, token: string): boolean {
  let difference = 0
  for (let at = 0; at < token.length; at += 1) difference |= word.charCodeAt(start + at) ^ token.charCodeAt(at)
  return difference === 0
}

function leaked(where: string): Refusal {
  return refuse(new HoldfastError('TOKEN_IN_ADDRESS', `A token does not belong into ${where}.`, { where }))
}
