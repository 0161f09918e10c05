/** Who wants to know that another process has committed. As long as somebody does, the helper looks for that (rule F6). */
export class Others {
  readonly #listeners = new Set<() => void>()
  readonly #onWanted: (isWanted: boolean) => void
  #followers = 0
  /** Somebody wants to know. */
  isWanted = false
  #isTelling = false

  /** @param onWanted told when it has changed whether anybody wants to know */
  constructor(onWanted: (isWanted: boolean) => void) {
    this.#onWanted = onWanted
  }

  /** Followers read the history; they are woken by publications. */
  noteFollowers(count: number): void {
    this.#followers = count
    this.#update()
  }

  /**
   * Calls back when another process was seen to have committed, whatever that was; several commits may be one call. What they wrote can
   * be read then, and is not durable yet, maybe. Returns the unsubscriber.
   */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#update()
    return () => {
      this.#listeners.delete(listener)
      this.#update()
    }
  }

  /** Call when it was seen, be it inside a transaction: listeners run after it. */
  tell(): void {
    if (this.#isTelling || this.#listeners.size === 0) return
    this.#isTelling = true
    queueMicrotask(() => {
      this.#isTelling = false
      for (const listener of [...this.#listeners]) listener()
    })
  }

  #update(): void {
    const isWanted = this.#followers + this.#listeners.size > 0
    if (isWanted === this.isWanted) return
    this.isWanted = isWanted
    this.#onWanted(isWanted)
  }
}
