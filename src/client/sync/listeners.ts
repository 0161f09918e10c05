/** Callbacks of users; one that throws is reported, and the others are called all the same (rule X36). */
export class Listeners<Arguments extends readonly unknown[]> {
  readonly #onError: (error: unknown) => void
  readonly #listeners = new Set<{ readonly callback: (...args: Arguments) => void }>()

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Returns the unsubscriber. The same callback may be added twice. */
  add(callback: (...args: Arguments) => void): () => void {
    const listener = { callback }
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Calls those that are there now and still there when it is their turn. */
  notify(...args: Arguments): void {
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue
      try {
        listener.callback(...args)
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  clear(): void {
    this.#listeners.clear()
  }
}
