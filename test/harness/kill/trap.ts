/** Waits for a process to enter a phase. */
import type { Child } from '../child.ts'
import type { Message } from '../pipe.ts'

export interface TrapSetup {
  readonly phase: string
  /** How many times the phase may begin before. */
  readonly skip: number
  /** How long after the beginning. */
  readonly delayMs: number
}

/** A phase that does not come is not waited for longer, ms. */
const patienceMs = 6000

export class Trap {
  /** The process that is in the phase; undefined when none came to it in time. */
  readonly sprung: Promise<Child | undefined>
  readonly #setup: TrapSetup
  #resolve: (child: Child | undefined) => void = () => undefined
  #left: number

  constructor(setup: TrapSetup) {
    this.#setup = setup
    this.#left = setup.skip
    this.sprung = new Promise((resolve) => {
      const patience = setTimeout(() => resolve(undefined), patienceMs)
      this.#resolve = (child) => {
        clearTimeout(patience)
        resolve(child)
      }
    })
  }

  hear(message: Message, child: Child): void {
    const [what, phase, edge] = message
    if (what !== 'phase' || phase !== this.#setup.phase || edge !== 'begin') return
    this.#left -= 1
    if (this.#left !== -1) return
    const { delayMs } = this.#setup
    // At once, without a turn in between: a prune is over in a millisecond.
    if (delayMs === 0) child.kill()
    setTimeout(() => this.#resolve(child), delayMs)
  }
}
