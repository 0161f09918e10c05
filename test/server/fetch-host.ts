/** A host of the Fetch kind: a real server whose requests become a `Request` each, and whose answers come from a `Response`. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'

export interface FetchHost {
  readonly port: number
  /** Breaks every connection, as a host that is restarted does; new ones are taken. */
  cut(): void
}

/** Serves a handler until the test is over. */
export async function hostFetch(handle: (request: Request) => Promise<Response>): Promise<FetchHost> {
  const server: Server = createServer((request, response) => void bridge(handle, request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, cut: () => server.closeAllConnections() }
}

async function bridge(handle: (request: Request) => Promise<Response>, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const gone = new AbortController()
  answer.on('close', () => gone.abort())
  const { status, headers, body } = await handle(toRequest(asked, gone.signal))
  answer.writeHead(status, [...headers].flat())
  answer.flushHeaders()
  try {
    for await (const piece of body ?? []) if (!answer.write(piece)) await once(answer, 'drain', { signal: gone.signal })
    answer.end()
  } catch {
    answer.destroy()
  }
}

function toRequest(asked: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', rawHeaders } = asked
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!)
  const init: RequestInit & { duplex: 'half' } = { method, headers, signal, duplex: 'half' }
  if (method !== 'GET' && method !== 'HEAD') init.body = Readable.toWeb(asked) as ReadableStream<Uint8Array>
  return new Request(`http://${asked.headers.host}${asked.url}`, init)
}
