import type { Answered } from './handler.ts'
import { Patience } from './patience.ts'
import { pump } from './pump.ts'
import { isStream, type Reply } from './reply.ts'
import type { Sink } from './sink.ts'
import { finish, writeAll } from './write-all.ts'

/** The body of an answer that has an end. */
type Body = Exclude<Reply['body'], (sink: Sink) => void>

/** Writes a body at the pace of its client, and ends. A client that takes nothing is let go. Never rejects. */
export async function sendBody(body: Body, sink: Sink, patience: Patience): Promise<void> {
  if (isStream(body)) await pump(body, sink, patience)
  else if (await writeAll(sink, body, patience)) finish(sink, patience)
}

/** Patience with the client of one answer, as long as its connection lasts. */
export function patienceWith(sink: Sink, { patience: parts }: Pick<Answered, 'patience'>): Patience {
  const patience = new Patience(sink, parts)
  sink.onceClosed(() => patience.end())
  return patience
}
