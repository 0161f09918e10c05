import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'

/** Where the bytes of one reply go. A sink never blocks: who writes asks how much has not been taken yet. */
export interface Sink {
  /**
   * Takes the bytes, which stay the caller's and unchanged.
   *
   * @param isWhole false where they go on with the next write: a transport of messages makes one of all that belongs together. Default true
   */
  write(bytes: Uint8Array, isWhole?: boolean): void
  /** Bytes written that the client's side has not taken; framing of the transport included. */
  readonly pendingBytes: number
  /** Bytes written that it has taken, about; grows only when it takes something. */
  readonly takenBytes: number
  readonly isClosed: boolean
  /** Calls back once, when there is room again, or the sink is closed. */
  onceRoomy(callback: () => void): void
  /** Calls back once, when the client has gone or the sink has ended. */
  onceClosed(callback: () => void): void
  /** Ends after what was written. */
  end(): void
  /** Ends now; the client sees a broken connection. */
  destroy(): void
}

/** How long a client may take for what was still written to it when its stream ended, ms. */
export const graceMs = 5_000

/** Ends a sink after what was written, and breaks the connection of a client that does not take that in time. */
export function endWithin(sink: Sink, limitMs: number, clock: Clock): void {
  const timer = clock.after(limitMs, () => sink.destroy(), { background: true })
  sink.onceClosed(() => timer.cancel())
  sink.end()
}

/** Bytes written at once at most, so that one long piece does not fill a slow client's buffer. */
export const portionBytes: number = 256 * 1024

/**
 * Writes pieces one after the other, each portion when the one before was taken, and in another turn of the event loop: the system may take megabytes
 * at once, and others wait meanwhile. Answers false when the sink was closed before the end.
 */
export async function writeAll(sink: Sink, pieces: Iterable<Uint8Array>): Promise<boolean> {
  let bytesThisTurn = 0
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; at += portionBytes) {
      if (sink.pendingBytes > portionBytes) await new Promise<void>((resolve) => sink.onceRoomy(resolve))
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
