/** The handler for `node:http`, and for everything that hands on its requests: Express, Fastify, Vite. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { HoldfastError } from '../base/error.ts'
import { headFromNode, type RequestHead } from './gate/request-head.ts'
import type { Asked } from './handler.ts'
import { pump } from './pump.ts'
import { discard, isStream, type Reply } from './reply.ts'
import { writeAll } from './sink.ts'
import { takeOverSocket, WritableSink } from './writable-sink.ts'

/** Answers a request of `node:http` by a handler that never throws. */
export async function answerNode(
  answer: (asked: Asked) => Promise<Reply>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = await answer(new NodeAsked(request, response))
  if (response.destroyed) return discard(reply)
  await send(reply, request, response)
}

class NodeAsked implements Asked {
  readonly head: RequestHead
  readonly #request: IncomingMessage
  readonly #response: ServerResponse

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.head = headFromNode(request)
    this.#request = request
    this.#response = response
  }

  body(maxBytes: number): Promise<Uint8Array> {
    return this.#request.readableEnded ? Promise.resolve(readBefore(this.#request)) : readBody(this.#request, maxBytes)
  }

  /** Made for whoever asks: a stream, of which there may be thousands, does not. */
  get gone(): AbortSignal {
    return goneWith(this.#response)
  }
}

/** Aborted when what would be written to is closed. */
export function goneWith(writable: Writable): AbortSignal {
  const gone = new AbortController()
  if (writable.destroyed) gone.abort()
  else writable.once('close', () => gone.abort())
  return gone.signal
}

async function send(reply: Reply, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, headers, cookies, body } = reply
  // What is left of a body that nobody wanted would be taken for the next request.
  if (!request.complete && request.method !== 'GET' && request.method !== 'HEAD') response.setHeader('connection', 'close')
  // A stream ends with its connection; frames of its own around each message would only cost.
  if (typeof body === 'function') response.useChunkedEncodingByDefault = false
  if (cookies !== undefined) response.setHeader('set-cookie', cookies)
  response.writeHead(status, headers)
  if (request.method === 'HEAD') {
    discard(reply)
    return void response.end()
  }
  if (typeof body === 'function') {
    response.flushHeaders()
    body(takeOverSocket(response) ?? WritableSink.over(response))
    return
  }
  const sink = WritableSink.over(response)
  if (isStream(body)) return pump(body, sink)
  if (await writeAll(sink, body)) sink.end()
}

function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = []
    let bytes = 0
    request.on('data', (piece: Uint8Array) => {
      bytes += piece.byteLength
      if (bytes <= maxBytes) return void pieces.push(piece)
      request.pause()
      reject(tooLarge(bytes, maxBytes))
    })
    request.on('end', () => resolve(Buffer.concat(pieces)))
    request.on('error', (cause) => reject(endedEarly(cause)))
    request.on('close', () => reject(endedEarly()))
  })
}

/** The body that a framework has read and parsed, where it left that at the request, as Express does. */
function readBefore(request: IncomingMessage & { readonly body?: unknown }): Uint8Array {
  if (request.body !== undefined) return new TextEncoder().encode(JSON.stringify(request.body))
  const reason = 'its body was read before it came here; mount the handler where no parser of bodies runs'
  throw new HoldfastError('REQUEST_INVALID', `The request cannot be answered: ${reason}.`, { reason })
}

/** The client has gone, or was too slow. */
export function endedEarly(cause?: unknown): HoldfastError<'REQUEST_INVALID'> {
  return new HoldfastError('REQUEST_INVALID', 'The client left in the middle.', { reason: 'it ended early' }, { cause })
}

export function tooLarge(bytes: number, maxBytes: number): HoldfastError<'BODY_TOO_LARGE'> {
  return new HoldfastError('BODY_TOO_LARGE', `The body has ${bytes} bytes or more, and ${maxBytes} are allowed.`, { bytes, maxBytes })
}
