import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { maskedFrame } from './masked-frame.ts'
import type { ServerReady } from './server-task.ts'

/** A client that asks for the feed and takes nothing of it. */
export async function openPaused({ port, path, headers, opening }: Omit<ServerReady, 'greetings'>): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}\r\n\r\n`)
  for (const [heard, said] of JSON.parse(opening) as readonly (readonly [heard: string, said: string])[]) {
    await hear(socket, heard)
    socket.write(maskedFrame(said))
  }
  // The head of the answer says that the stream is open.
  await once(socket, 'readable')
  return socket
}

async function hear(socket: Socket, words: string): Promise<void> {
  let text = ''
  while (!text.includes(words)) {
    await once(socket, 'readable')
    text += String(socket.read() ?? '')
  }
}
