/** Statements that the helper runs again and again, such as the heartbeat of leases. */
import type { Repetition, Script } from './helper-protocol.ts'
import { isBusy } from './sqlite-error.ts'

export class Repeater {
  readonly #store: { runScript(script: Script): boolean }
  readonly #onFailed: (error: unknown) => void
  readonly #timers = new Map<string, ReturnType<typeof setInterval>>()

  constructor(store: { runScript(script: Script): boolean }, onFailed: (error: unknown) => void) {
    this.#store = store
    this.#onFailed = onFailed
  }

  /** Begins a repetition in place of the one of its name, or ends that one. The first beat comes after `everyMs`. */
  set({ name, everyMs, step }: Repetition): undefined {
    clearInterval(this.#timers.get(name))
    this.#timers.delete(name)
    if (step === undefined) return
    const script: Script = { guards: [], steps: [step], deadlineMs: everyMs }
    this.#timers.set(
      name,
      setInterval(() => this.#beat(script), everyMs),
    )
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearInterval(timer)
    this.#timers.clear()
  }

  #beat(script: Script): void {
    try {
      this.#store.runScript(script)
    } catch (error) {
      // Who holds the lock lets go of it, or is replaced; the next beat tries again.
      if (!isBusy(error)) this.#onFailed(error)
    }
  }
}
