/** A snapshot as server-sent events. */
import { eventText } from '../protocol/sse.ts'

/** Bytes of snapshot lines in one message, about. */
const messageBytes = 64 * 1024

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A snapshot as messages of some lines each; the last one carries the cursor. */
export function* snapshotMessages(pieces: readonly Uint8Array[], cursor: string): Generator<Uint8Array, void, void> {
  for (const [at, piece] of pieces.entries()) {
    const isLast = at === pieces.length - 1
    for (const lines of linesOf(piece)) yield encoder.encode(eventText('snapshot', isLast ? cursor : undefined, lines))
  }
}

/** The lines of a piece, without the newline at their end, some at a time. */
function* linesOf(piece: Uint8Array): Generator<string, void, void> {
  const newline = 10
  for (let at = 0; at < piece.byteLength;) {
    const found = piece.indexOf(newline, Math.min(at + messageBytes, piece.byteLength - 1))
    const end = found === -1 ? piece.byteLength : found
    yield decoder.decode(piece.subarray(at, end))
    at = end + 1
  }
}
