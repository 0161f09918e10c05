/** Writing at the pace of a client, by whatever it is sent. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Patience } from './patience.ts'
import type { Sink } from './sink.ts'

/** Bytes written at once at most, so that one long piece does not fill a slow client's buffer. */
export const portionBytes: number = 256 * 1024

/**
 * Writes pieces one after the other, each portion when the one before was taken, and in another turn of the event loop: the system may take megabytes
 * at once, and others wait meanwhile. Answers false when the sink was closed before the end.
 */
export async function writeAll(sink: Sink, pieces: Iterable<Uint8Array>, patience: Patience): Promise<boolean> {
  let bytesThisTurn = 0
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; at += portionBytes) {
      if (sink.pendingBytes > portionBytes) {
        patience.begin()
        await new Promise<void>((resolve) => sink.onceRoomy(resolve))
      }
      if (sink.isClosed) return false
      if (piece.byteLength <= portionBytes) sink.write(piece)
      else sink.write(piece.subarray(at, at + portionBytes), at + portionBytes >= piece.byteLength)
      bytesThisTurn += Math.min(portionBytes, piece.byteLength - at)
      if (bytesThisTurn < portionBytes) continue
      bytesThisTurn = 0
      await nextTurn()
    }
  }
  return !sink.isClosed
}

/** Ends a sink after what was written, which is to be taken, too. */
export function finish(sink: Sink, patience: Patience): void {
  patience.begin()
  sink.end()
}
