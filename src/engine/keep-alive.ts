/** Keeps the process alive while somebody waits for something that only another process may bring. */

/** Longest delay of a timer, ms; it never fires for anybody. */
const longestMs = 2 ** 31 - 1

export class KeepAlive {
  #held = 0
  #timer: ReturnType<typeof setInterval> | undefined

  /** Holds the process until the returned function is called; calling that twice does nothing. */
  hold(): () => void {
    this.#held += 1
    this.#timer ??= setInterval(() => undefined, longestMs)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#held -= 1
      if (this.#held > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }
}
