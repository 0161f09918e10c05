/** The handler for hosts of the Fetch kind, which give a `Request` and take a `Response`. */
import { HoldfastError } from '../base/error.ts'
import { FetchSink } from './fetch-sink.ts'
import { headFromFetch } from './gate/request-head.ts'
import type { Answered, Asked } from './handler.ts'
import { endedEarly, tooLarge } from './node-adapter.ts'
import { discard, type Reply } from './reply.ts'
import { patienceWith, sendBody } from './send-body.ts'

/** Answers a `Request` by a handler that never throws. */
export async function answerFetch(answer: (asked: Asked) => Promise<Answered>, request: Request): Promise<Response> {
  const { signal: gone } = request
  const reply = await answer({ head: headFromFetch(request), body: (maxBytes) => readBody(request, maxBytes), gone })
  const { status, body } = reply
  const headers = headersOf(reply)
  const isBare = request.method === 'HEAD' || status === 204 || status === 304 || (Array.isArray(body) && body.length === 0)
  if (isBare) {
    discard(reply)
    return new Response(null, { status, headers })
  }
  const sink = new FetchSink()
  // An error of the body would be the host's to report, and that a client leaves is none.
  const leave = (): void => sink.end()
  gone.addEventListener('abort', leave)
  // This also holds the signal, as nobody else does: a signal that was collected tells nothing.
  sink.onceClosed(() => gone.removeEventListener('abort', leave))
  if (gone.aborted) leave()
  if (typeof body === 'function') body(sink)
  else void sendBody(body, sink, patienceWith(sink, reply))
  return new Response(sink.body, { status, headers })
}

function headersOf({ headers, cookies = [] }: Reply): Headers {
  const all = new Headers(headers)
  for (const cookie of cookies) all.append('set-cookie', cookie)
  return all
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const piece of request.body ?? []) {
      bytes += piece.byteLength
      if (bytes > maxBytes) throw tooLarge(bytes, maxBytes)
      pieces.push(piece)
    }
  } catch (error) {
    if (error instanceof HoldfastError) throw error
    throw endedEarly(error)
  }
  return Buffer.concat(pieces)
}
