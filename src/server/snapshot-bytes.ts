/** A snapshot as it travels: the lines of the store between marks of the protocol, none of them copied. */
import { hash } from 'node:crypto'
import type { Snapshot } from '../engine/snapshot/snapshot.ts'
import { protocolVersion } from '../protocol/limits.ts'
import { endLine, headerLine, kindLine, type SnapshotHeader } from '../protocol/snapshot-text.ts'
import type { StateDefinition } from '../state/define-state.ts'
import { describeKind, type KindDescription } from '../state/description.ts'

const encoder = new TextEncoder()

/** The pieces of a snapshot, each of whole lines. */
export function snapshotPieces(state: StateDefinition, snapshot: Snapshot): readonly Uint8Array[] {
  const kinds = Object.entries(snapshot.kinds)
  const header = headerOf(state, Object.keys(snapshot.kinds), snapshot.cursor)
  const pieces: Uint8Array[] = [encoder.encode(headerLine(header))]
  let total = 0
  for (const [name, { count, bytes }] of kinds) {
    pieces.push(encoder.encode(kindLine(name, count)), ...bytes)
    total += count
  }
  pieces.push(encoder.encode(endLine(total)))
  return pieces
}

function headerOf(state: StateDefinition, kinds: readonly string[], cursor: string): SnapshotHeader {
  const { name, version } = state
  const descriptions = Object.fromEntries(kinds.flatMap((kind) => describe(state, kind)))
  return { holdfast: protocolVersion, state: { name, version }, cursor, kinds: descriptions }
}

/** The tag of a snapshot of these kinds at a cursor: another one also where the program describes them in another way, which takes no commit. */
export function snapshotTag(state: StateDefinition, kinds: readonly string[], cursor: string): string {
  return `"${cursor}:${hash('sha256', headerLine(headerOf(state, kinds, cursor)), 'base64url').slice(0, 16)}"`
}

function describe(state: StateDefinition, name: string): readonly (readonly [string, KindDescription])[] {
  const kind = state.kinds[name]
  return kind === undefined ? [] : [[name, describeKind(kind)]]
}

export function totalBytes(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
}
