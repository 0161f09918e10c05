/**
 * A snapshot on the wire: lines of JSON.
 *
 *   {"holdfast":1,"state":{…},"cursor":"…","kinds":{…}}     what it is, and of when
 *   {"kind":"hosts","count":254}                            the lines of this kind follow
 *   [key, revision, at, value]                              a record or document
 *   [seq, stream, revision, at, value]                      an entry of a log
 *   {"end":254}                                             that was all: so many records and entries
 *
 * What ends before its last line is no snapshot.
 */
import type { KindDescription } from '../state/description.ts'
import { parseFrozen } from './frozen-json.ts'

/** The first line. */
export interface SnapshotHeader {
  readonly holdfast: number
  readonly state: { readonly name: string; readonly version: number }
  readonly cursor: string
  readonly kinds: { readonly [kind: string]: KindDescription }
}

export function headerLine(header: SnapshotHeader): string {
  return `${JSON.stringify(header)}\n`
}

export function kindLine(kind: string, count: number): string {
  return `${JSON.stringify({ kind, count })}\n`
}

export function endLine(total: number): string {
  return `{"end":${total}}\n`
}

/** Told what a snapshot holds, in order. */
export interface SnapshotReceiver {
  onHeader(header: SnapshotHeader): void
  /** A record or entry of a kind, as its line, frozen. */
  onItem(kind: string, item: readonly unknown[]): void
  /** A line that does not parse is skipped (rule H5). */
  onDamaged(kind: string, line: string): void
}

/** Reads a snapshot as its text arrives, in pieces of any size. */
export class SnapshotReader {
  readonly #receiver: SnapshotReceiver
  #rest = ''
  #hasHeader = false
  #kind = ''
  #items = 0
  #isWhole = false

  constructor(receiver: SnapshotReceiver) {
    this.#receiver = receiver
  }

  /** True once the end mark was read. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** @throws SyntaxError when it is no snapshot, or counts other than it holds */
  add(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') this.#readLine(line)
  }

  #readLine(line: string): void {
    if (this.#isWhole) throw new SyntaxError('A snapshot goes on after its end')
    if (line.startsWith('[')) return this.#readItem(line)
    const mark = parseFrozen(line) as Partial<SnapshotHeader> & { readonly kind?: string; readonly end?: number }
    if (!this.#hasHeader) return this.#readHeader(mark)
    if (typeof mark.kind === 'string') this.#kind = mark.kind
    else if (mark.end === this.#items) this.#isWhole = true
    else throw new SyntaxError(`A snapshot of ${String(mark.end)} records had ${this.#items}`)
  }

  #readHeader(mark: Partial<SnapshotHeader>): void {
    if (typeof mark.holdfast !== 'number' || typeof mark.cursor !== 'string') throw new SyntaxError('A snapshot begins without its header')
    this.#hasHeader = true
    this.#receiver.onHeader(mark as SnapshotHeader)
  }

  #readItem(line: string): void {
    this.#items += 1
    let item: readonly unknown[]
    try {
      item = parseFrozen(line) as readonly unknown[]
    } catch {
      this.#receiver.onDamaged(this.#kind, line)
      return
    }
    this.#receiver.onItem(this.#kind, item)
  }
}
