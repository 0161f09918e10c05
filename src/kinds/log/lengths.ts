/**
 * How long a log and its streams are, without counting them each time.
 *
 * What is kept here is never too small: entries that other processes appended are added to the log and, because it is not known to which
 * stream they went, to every stream. Only what seems too long is counted, and then trimmed or set right.
 */

/** Streams whose length is remembered, at most. */
const mostStreams = 10_000

interface StreamLength {
  /** Entries, when `foreign` of them had been appended by others. */
  readonly length: number
  readonly foreign: number
}

export class Lengths {
  readonly #count: (stream: string | undefined) => number
  #total: number | undefined
  readonly #streams = new Map<string, StreamLength>()
  /** Entries that others appended to any stream since this began. */
  #foreign = 0

  /** @param count counts the entries of a stream, or of all */
  constructor(count: (stream: string | undefined) => number) {
    this.#count = count
  }

  /** Others have appended so many entries. */
  noteForeign(count: number): void {
    this.#foreign += count
    if (this.#total !== undefined) this.#total += count
  }

  /** So many entries were appended to a stream and rolled back. */
  noteUndone(stream: string, count: number): void {
    if (this.#total !== undefined) this.#total -= count
    const known = this.#streams.get(stream)
    if (known !== undefined) this.#streams.set(stream, { ...known, length: known.length - count })
  }

  /** The length of a stream that has just got one more entry; at least. */
  growStream(stream: string): number {
    const known = this.#streams.get(stream)
    const length = known === undefined ? this.#count(stream) : known.length + this.#foreign - known.foreign + 1
    this.setStream(stream, length)
    return length
  }

  /** The length of the log, which has just got one more entry; at least. */
  growTotal(): number {
    this.#total = this.#total === undefined ? this.#count(undefined) : this.#total + 1
    return this.#total
  }

  setStream(stream: string, length: number): void {
    if (this.#streams.size >= mostStreams) this.#streams.clear()
    this.#streams.set(stream, { length, foreign: this.#foreign })
  }

  setTotal(length: number): void {
    this.#total = length
  }

  /** Entries were trimmed from a stream. */
  shrinkTotal(count: number): void {
    if (this.#total !== undefined) this.#total -= count
  }

  /** Entries of any stream were trimmed. */
  forgetStreams(): void {
    this.#streams.clear()
  }

  forget(): void {
    this.#total = undefined
    this.#streams.clear()
  }
}
