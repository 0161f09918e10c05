import type { Readable } from 'node:stream'
import { type Sink, writeAll } from './sink.ts'

/**
 * Writes a stream to a sink at the sink's pace, and ends both together. Never rejects.
 *
 * A stream that fails breaks the connection, so that nobody takes a part for the whole; a client that leaves ends the stream. Each piece waits for the
 * next one: a client that has all the bytes it was promised takes them for right, and some streams learn only at their end that they are not.
 */
export async function pump(body: Readable, sink: Sink): Promise<void> {
  // Also while the client takes nothing, and nobody asks the stream for more.
  body.once('error', () => sink.destroy())
  sink.onceClosed(() => body.destroy())
  try {
    let held: Uint8Array[] = []
    for await (const piece of body) {
      if (!(await writeAll(sink, held))) return
      held = [piece as Uint8Array]
    }
    if (await writeAll(sink, held)) sink.end()
  } catch {
    // Whoever made the stream hears of it, too.
    sink.destroy()
  }
}
