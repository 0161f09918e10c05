/**
 * Progress and lines of running jobs on their way into the store: all that was said within 100 ms becomes one commit, of progress
 * the last word only (rule J4). What is left when an attempt ends goes into the commit that ends it.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Hold } from './leases.ts'

/** At most one commit in so many ms. */
export const windowMs = 100

/** After a commit that failed. */
const retryMs = 1000

/** What one attempt has said since the last commit. */
export interface Said {
  readonly hold: Hold
  progress: { readonly value: unknown } | undefined
  lines: unknown[]
}

export class Outbox {
  readonly #clock: Clock
  readonly #write: (said: readonly Said[]) => Promise<void>
  readonly #onFailed: (error: unknown) => void
  readonly #said = new Map<string, Said>()
  #timer: Timer | undefined
  #writing: Promise<void> | undefined

  /** @param write commits all of it; what rejects is said again */
  constructor(clock: Clock, write: (said: readonly Said[]) => Promise<void>, onFailed: (error: unknown) => void) {
    this.#clock = clock
    this.#write = write
    this.#onFailed = onFailed
  }

  progress(hold: Hold, value: unknown): void {
    this.#of(hold).progress = { value }
    this.#arm(windowMs)
  }

  line(hold: Hold, line: unknown): void {
    this.#of(hold).lines.push(line)
    this.#arm(windowMs)
  }

  /** Takes out what an attempt has said, for the commit that ends it: at once, or when nothing of it is on its way any more. */
  take(hold: Hold): Said | undefined | Promise<Said | undefined> {
    return this.#writing === undefined ? this.#takeOut(hold) : this.#writing.then(() => this.#takeOut(hold))
  }

  #takeOut({ token }: Hold): Said | undefined {
    const said = this.#said.get(token)
    this.#said.delete(token)
    return said
  }

  #of(hold: Hold): Said {
    const known = this.#said.get(hold.token)
    if (known !== undefined) return known
    const said: Said = { hold, progress: undefined, lines: [] }
    this.#said.set(hold.token, said)
    return said
  }

  #arm(delayMs: number): void {
    if (this.#timer !== undefined || this.#writing !== undefined) return
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined
      // The commit that ended an attempt may have taken all there was.
      if (this.#said.size > 0) this.#writing = this.#flush()
    })
  }

  async #flush(): Promise<void> {
    const said = [...this.#said.values()]
    this.#said.clear()
    let delayMs = windowMs
    try {
      await this.#write(said)
    } catch (error) {
      this.#onFailed(error)
      for (const one of said) this.#putBack(one)
      delayMs = retryMs
    }
    this.#writing = undefined
    if (this.#said.size > 0) this.#arm(delayMs)
  }

  #putBack(before: Said): void {
    const said = this.#of(before.hold)
    said.progress ??= before.progress
    said.lines = [...before.lines, ...said.lines]
  }
}
