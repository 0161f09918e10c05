/** A child process of a harness: started, listened to, killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { LineReader, type Message, pipeDescriptor } from './pipe.ts'

/** How a child ended. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** What it wrote to its standard error. */
  readonly stderr: string
}

/** Phases that kills are counted in. */
const phases = ['checkpoint', 'prune', 'migration'] as const

export class Child {
  readonly name: string
  /** Resolves when the process is gone and everything it said has been read. */
  readonly ended: Promise<End>
  readonly #process: ChildProcess
  readonly #onMessage: (message: Message, child: Child, saidAt: number) => void
  readonly #inside = new Set<string>()
  #isOpen = false
  #isDismissed = false
  #hasEnded = false

  /**
   * @param program file of `test/harness`, and words that go before the command: a tracer it is to run under
   * @param input what the program is told, as its one argument
   */
  constructor(
    name: string,
    program: string | { readonly file: string; readonly under: readonly string[] },
    input: object,
    onMessage: (message: Message, child: Child, saidAt: number) => void,
  ) {
    this.name = name
    this.#onMessage = onMessage
    const { file, under } = typeof program === 'string' ? { file: program, under: [] } : program
    // Node 22 says of node:sqlite and of type stripping that they are experimental; anything else on standard error is a failure.
    const env = { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }
    const [command, ...args] = [...under, process.execPath, join(import.meta.dirname, file), JSON.stringify(input)]
    this.#process = spawn(command ?? '', args, {
      env,
      stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
    })
    this.ended = this.#listen()
  }

  /** It has opened its store. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** It was killed or asked to stop. */
  get isDismissed(): boolean {
    return this.#isDismissed
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Phases that have begun and not ended, by its own last word. */
  get inside(): readonly (typeof phases)[number][] {
    return phases.filter((phase) => this.#inside.has(phase))
  }

  /** SIGKILL, at once. */
  kill(): void {
    this.#isDismissed = true
    this.#process.kill('SIGKILL')
  }

  /** Asks it to close its store and exit. */
  async stop(): Promise<End> {
    this.#isDismissed = true
    this.#process.kill('SIGTERM')
    return this.ended
  }

  async #listen(): Promise<End> {
    const pipe = this.#process.stdio[pipeDescriptor] as Readable
    const reader = new LineReader((message, saidAt) => this.#hear(message, saidAt))
    pipe.setEncoding('utf8').on('data', (chunk: string) => reader.read(chunk))
    let stderr = ''
    this.#process.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    // 'close' comes after the exit and after the last byte of every pipe.
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      this.#process.on('close', (...end) => resolve(end)).on('error', reject)
    })
    this.#hasEnded = true
    return { code, signal, stderr }
  }

  #hear(message: Message, saidAt: number): void {
    if (message[0] === 'open') this.#isOpen = true
    if (message[0] === 'phase') this.#note(message[1], message[2])
    this.#onMessage(message, this, saidAt)
  }

  #note(phase: string, edge: 'begin' | 'end'): void {
    if (edge === 'begin') this.#inside.add(phase)
    else this.#inside.delete(phase)
  }
}
