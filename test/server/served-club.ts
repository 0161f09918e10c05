/** A club that is served, and ways to ask it something as somebody. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Store } from '../../src/index.ts'
import { type HoldfastServer, serve, type ServeOptions } from '../../src/server.ts'
import { openState } from '../support/open-state.ts'
import { club, say } from './club.ts'
import { freePort } from './served.ts'

export type Club = Store<typeof club>

export type Headers = Readonly<Record<string, string>>

export interface ServedClub {
  readonly store: Club
  readonly server: HoldfastServer
  /** The owner's. */
  readonly token: string
  /** Asks with these headers and no others; `address` is below `/state/`. */
  ask(address: string, headers?: Headers, init?: RequestInit): Promise<Response>
  /** Calls the action `say`. */
  say(id: string, headers: Headers): Promise<Response>
  /** Follows a link, as a browser with these cookies does; answers with the headers `Set-Cookie`. */
  follow(link: string, cookies?: readonly string[]): Promise<readonly string[]>
}

/** Serves a club on a port of its own, until the test is over. */
export async function serveClub(options: ServeOptions<(typeof club)['kinds']> = {}, given?: Club): Promise<ServedClub> {
  const store = given ?? (await openState(club))
  const server = await serve(store, { port: await freePort(), actions: { say }, ...options })
  onTestFinished(() => server.close())
  const token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
  const ask: ServedClub['ask'] = (address, headers = {}, init = {}) => fetch(`${server.url}/state/${address}`, { ...init, headers })
  const post = (address: string, headers: Headers, body: unknown): Promise<Response> =>
    ask(address, { 'content-type': 'application/json', ...headers }, { method: 'POST', body: JSON.stringify(body) })
  return {
    store,
    server,
    token,
    ask,
    say: (id, headers) => post('call/say', headers, { id, input: { id } }),
    follow: async (link, cookies = []) => {
      const headers = { 'holdfast-request': '1', cookie: cookies.join('; ') }
      const response = await post('sign-in', headers, { code: new URL(link).hash.slice(1) })
      if (response.status !== 204) throw new Error(`The code was refused: ${response.status}.`)
      return response.headers.getSetCookie()
    },
  }
}

export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` }
}

/** The name and the value of a header `Set-Cookie`. */
export function pairOf(setCookie: string | undefined): string {
  return setCookie?.split(';')[0] ?? ''
}
