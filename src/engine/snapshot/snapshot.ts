/** A consistent view of chosen kinds at one revision, as bytes. */
import { fromStoredText } from '../../state/value.ts'

/** One kind in a snapshot: a JSON line for each record, read as they are stored. */
export interface KindSnapshot<Item = unknown> {
  /** Records or entries. */
  readonly count: number
  /** The lines, in pieces that end with a whole line. Records: `[key, revision, at, value]`; log entries: `[seq, stream, revision, at, value]`. */
  readonly bytes: readonly Uint8Array[]
  /** Parses the lines one by one; a damaged one is skipped and reported. */
  items(): Generator<Item, void, void>
}

/** What `store.snapshot` answers. Follow from `cursor` for everything after it. */
export interface Snapshot<Kinds = { readonly [kind: string]: KindSnapshot }> {
  readonly cursor: string
  readonly revision: number
  readonly kinds: Kinds
}

/** Makes an item of a parsed line. */
export type LineReader = (line: readonly unknown[]) => unknown

export class SnapshotLines implements KindSnapshot {
  readonly count: number
  readonly bytes: readonly Uint8Array[]
  readonly #read: LineReader
  readonly #onDamaged: (line: string) => void

  constructor(
    lines: { readonly count: number; readonly bytes: readonly Uint8Array[] },
    read: LineReader,
    onDamaged: (line: string) => void,
  ) {
    this.count = lines.count
    this.bytes = lines.bytes
    this.#read = read
    this.#onDamaged = onDamaged
  }

  *items(): Generator<unknown, void, void> {
    const decoder = new TextDecoder()
    for (const piece of this.bytes) {
      for (const line of decoder.decode(piece).split('\n')) {
        if (line === '') continue
        const parsed = this.#parse(line)
        if (parsed !== undefined) yield this.#read(parsed)
      }
    }
  }

  #parse(line: string): readonly unknown[] | undefined {
    try {
      return fromStoredText(line) as readonly unknown[]
    } catch {
      this.#onDamaged(line)
      return undefined
    }
  }
}
