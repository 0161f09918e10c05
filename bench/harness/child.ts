/** A process of its own that does a part of a benchmark, and the messages between. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What a child is told first. */
export interface Task {
  readonly [name: string]: string | number | boolean
}

export class Child {
  readonly #process: ChildProcess
  readonly #messages: unknown[] = []
  readonly #ended: Promise<unknown>
  #wake: () => void = () => undefined
  #hasEnded = false

  /** @param flags of Node */
  constructor(file: URL, task: Task, { flags = [] }: { readonly flags?: readonly string[] } = {}) {
    this.#process = fork(file, [JSON.stringify(task)], { execArgv: [...flags] })
    this.#ended = once(this.#process, 'exit').then(() => {
      this.#hasEnded = true
      this.#wake()
    })
    this.#process.on('message', (message) => {
      this.#messages.push(message)
      this.#wake()
    })
  }

  /** The next message. @throws Error when the child ends without one */
  async next<Message>(): Promise<Message> {
    while (this.#messages.length === 0) {
      if (this.#hasEnded) throw new Error(`The child ended with code ${this.#process.exitCode} and signal ${this.#process.signalCode}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#messages.shift() as Message
  }

  /** Tells the child something more. */
  send(message: object): void {
    this.#process.send(message)
  }

  /** Ends the child as `kill -9` does. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  /** Resolves when the child has ended by itself; it does once nothing keeps it. */
  async ended(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect()
    await this.#ended
    if (this.#process.exitCode !== 0) throw new Error(`The child ended with code ${this.#process.exitCode}`)
  }
}

/** In the child: what it was told. */
export function readTask<Told extends Task>(): Told {
  return JSON.parse(process.argv[2] ?? '{}') as Told
}

/** In the child: tells the parent. */
export function tell(message: unknown): void {
  process.send?.(message)
}
