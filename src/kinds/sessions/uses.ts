/**
 * When sessions were last used, as far as this process knows better than the store: uses are written behind, of each session at most
 * once a minute (rule R8).
 */
interface Use {
  at: number
  /** What the store has. */
  written: number
}

/** A use that is to be written. */
export interface DueUse {
  readonly id: string
  readonly at: number
}

/** Between two writes of the same session, at least, ms. */
const writeEveryMs = 60_000

export class Uses {
  readonly #uses = new Map<string, Use>()

  /** @param written what the store has */
  note(id: string, at: number, written: number): void {
    const use = this.#uses.get(id)
    if (use === undefined) this.#uses.set(id, { at, written })
    else use.at = at
  }

  /** The last use that is known here; 0 for none. */
  lastOf(id: string): number {
    return this.#uses.get(id)?.at ?? 0
  }

  /** What may be written now; everything when the store closes. */
  due(now: number, isClosing: boolean): readonly DueUse[] {
    const due: DueUse[] = []
    for (const [id, { at, written }] of this.#uses) {
      const isLongAgo = Math.abs(now - written) >= writeEveryMs
      if (at !== written && (isLongAgo || isClosing)) due.push({ id, at })
      else if (at === written && isLongAgo) this.#uses.delete(id)
    }
    return due
  }

  noteWritten(written: readonly DueUse[]): void {
    for (const { id, at } of written) {
      const use = this.#uses.get(id)
      if (use !== undefined) use.written = at
    }
  }

  forget(): void {
    this.#uses.clear()
  }
}
