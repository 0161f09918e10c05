/** A snapshot as it travels: the lines of the store between marks of the protocol, none of them copied. */
import type { Snapshot } from '../engine/snapshot/snapshot.ts'
import { protocolVersion } from '../protocol/limits.ts'
import { endLine, headerLine, kindLine } from '../protocol/snapshot-text.ts'
import type { StateDefinition } from '../state/define-state.ts'
import { describeKind, type KindDescription } from '../state/description.ts'

const encoder = new TextEncoder()

/** The pieces of a snapshot, each of whole lines. */
export function snapshotPieces(state: StateDefinition, snapshot: Snapshot): readonly Uint8Array[] {
  const kinds = Object.entries(snapshot.kinds)
  const descriptions = Object.fromEntries(kinds.flatMap(([name]) => describe(state, name)))
  const header = {
    holdfast: protocolVersion,
    state: { name: state.name, version: state.version },
    cursor: snapshot.cursor,
    kinds: descriptions,
  }
  const pieces: Uint8Array[] = [encoder.encode(headerLine(header))]
  let total = 0
  for (const [name, { count, bytes }] of kinds) {
    pieces.push(encoder.encode(kindLine(name, count)), ...bytes)
    total += count
  }
  pieces.push(encoder.encode(endLine(total)))
  return pieces
}

function describe(state: StateDefinition, name: string): readonly (readonly [string, KindDescription])[] {
  const kind = state.kinds[name]
  return kind === undefined ? [] : [[name, describeKind(kind)]]
}

export function totalBytes(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
}
