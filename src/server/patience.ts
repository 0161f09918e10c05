import type { Clock, Timer } from '../base/clock.ts'
import { HoldfastError } from '../base/error.ts'
import type { Sink } from './sink.ts'

/** A client that takes nothing for so long is let go, ms. */
const patienceMs = 30_000

export interface PatienceParts {
  readonly clock: Clock
  /** Told of each client that is let go. */
  readonly onError: (error: unknown) => void
}

/** Lets go of a client that takes nothing of what waits for it (rule F3), whatever it was answered. */
export class Patience {
  readonly #sink: Pick<Sink, 'pendingBytes' | 'takenBytes' | 'destroy'>
  readonly #parts: PatienceParts
  #timer: Timer | undefined
  /** When it began. */
  #takenBytes = 0

  constructor(sink: Pick<Sink, 'pendingBytes' | 'takenBytes' | 'destroy'>, parts: PatienceParts) {
    this.#sink = sink
    this.#parts = parts
  }

  /** From now on the client has to take something, until nothing waits for it any more. Goes on where it has taken nothing since it began. */
  begin(): void {
    const { takenBytes, pendingBytes } = this.#sink
    if (this.#timer !== undefined && takenBytes <= this.#takenBytes) return
    this.end()
    this.#takenBytes = takenBytes
    const look = (): void => {
      this.#timer = undefined
      const sink = this.#sink
      const hasTaken = sink.takenBytes > this.#takenBytes
      if (pendingBytes > 0 && sink.pendingBytes > 0 && !hasTaken) this.#letGo()
      else if (hasTaken || sink.pendingBytes > 0) this.begin()
    }
    this.#timer = this.#parts.clock.after(patienceMs, look, { background: true })
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #letGo(): void {
    const { pendingBytes } = this.#sink
    const message = `A client took none of ${pendingBytes} bytes for ${patienceMs} ms.`
    this.#parts.onError(new HoldfastError('CONSUMER_TOO_SLOW', message, { pendingBytes, patienceMs }))
    this.#sink.destroy()
  }
}
