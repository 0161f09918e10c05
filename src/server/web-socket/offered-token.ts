import { tokenProtocolPrefix } from '../../protocol/web-socket.ts'
import type { RequestHead } from '../gate/request-head.ts'

/**
 * A head as if a token that stands among the offered subprotocols had come in `Authorization`, where programs without a browser's cookie
 * cannot put it: the standard's `WebSocket` sets no headers. It is in no address then, nor in a log of addresses.
 */
export function withOfferedToken(head: RequestHead): RequestHead {
  const { headers } = head
  const [token, ...others] = headers
    .all('sec-websocket-protocol')
    .flatMap((offered) => offered.split(','))
    .map((offered) => offered.trim())
    .filter((offered) => offered.startsWith(tokenProtocolPrefix))
    .map((offered) => `Bearer ${offered.slice(tokenProtocolPrefix.length)}`)
  if (token === undefined) return head
  const authorizations = [...headers.all('authorization'), token, ...others]
  const all = (name: string): readonly string[] => (name === 'authorization' ? authorizations : headers.all(name))
  return { ...head, headers: { all, get: (name) => all(name)[0] } }
}
