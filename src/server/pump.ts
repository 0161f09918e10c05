import type { Readable } from 'node:stream'
import type { Patience } from './patience.ts'
import type { Sink } from './sink.ts'
import { finish, writeAll } from './write-all.ts'

/**
 * Writes a stream to a sink at the sink's pace, and ends both together. Never rejects.
 *
 * A stream that fails breaks the connection, so that nobody takes a part for the whole; a client that leaves ends the stream. Each piece waits for the
 * next one: a client that has all the bytes it was promised takes them for right, and some streams learn only at their end that they are not.
 */
export async function pump(body: Readable, sink: Sink, patience: Patience): Promise<void> {
  // Also while the client takes nothing, and nobody asks the stream for more.
  body.once('error', () => sink.destroy())
  sink.onceClosed(() => body.destroy())
  try {
    let held: Uint8Array[] = []
    for await (const piece of body) {
      if (!(await writeAll(sink, held, patience))) return
      held = [piece as Uint8Array]
    }
    if (await writeAll(sink, held, patience)) finish(sink, patience)
  } catch {
    // Whoever made the stream hears of it, too.
    sink.destroy()
  }
}
