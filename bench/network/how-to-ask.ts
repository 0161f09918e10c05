/** How the clients of a swarm ask a server for its messages. */
import type { ServerReady, ServerTask } from './server-task.ts'

/** Of those who say nothing and whose messages, if there are any, end with an empty line. */
export const plainly: Pick<ServerReady, 'opening' | 'marker'> = { opening: '[]', marker: '\n\n' }

type Asking = Pick<ServerReady, 'path' | 'headers' | 'opening' | 'marker'>

const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='

export function howToAsk(
  { kind, via }: Pick<ServerTask, 'kind' | 'via'>,
  { token, cursor }: { readonly token: string; readonly cursor: string },
): Asking {
  const known = `Authorization: Bearer ${token}`
  const feed = { path: `/state/feed?after=${cursor}`, ...plainly }
  if (via === 'sse') return { ...feed, headers: `${known}\r\nAccept: text/event-stream` }
  if (via === 'ws') return { ...feed, headers: `${known}\r\n${upgrade}` }
  const asks =
    kind === 'bare'
      ? [['0{', '40']]
      : [
          ['0{', '40/holdfast,'],
          ['40/holdfast,', `42/holdfast,${JSON.stringify(['holdfast', 1, `feed?after=${cursor}`])}`],
        ]
  // The end of a message as it stands in JSON.
  return {
    path: '/socket.io/?EIO=4&transport=websocket',
    headers: `${known}\r\n${upgrade}`,
    opening: JSON.stringify(asks),
    marker: String.raw`\n\n`,
  }
}
