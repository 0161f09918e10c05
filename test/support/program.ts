/** Other processes of a test: programs that do what they are asked, call by call. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { AnyCalls, Answer, Question } from './answer.ts'

export interface ProgramOptions {
  /** What to start it with, such as strace and its options. */
  readonly under?: readonly string[]
  /** Set in its environment. */
  readonly env?: { readonly [name: string]: string }
}

/** A running program; `Calls` is what it passes to `answer`. */
export class Program<Calls extends AnyCalls> {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  readonly #exited: Promise<unknown>
  #number = 0

  /** Starts the module at `url` in a process of its own, which is gone when the running test is over. */
  constructor(url: URL, { under = [], env = {} }: ProgramOptions = {}) {
    const [command, ...args] = [...under, process.execPath, fileURLToPath(url)]
    this.#process = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#exited = once(this.#process, 'exit')
    this.#process.on('message', (answer: Answer) => this.#settle(answer))
    this.#process.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The program ended (${code ?? signal}).`))
    })
    onTestFinished(() => this.kill())
  }

  get pid(): number {
    return this.#process.pid as number
  }

  /** Rejects with an error of the same code and message as in the program. */
  call<Name extends keyof Calls & string>(name: Name, ...args: Parameters<Calls[Name]>): Promise<Awaited<ReturnType<Calls[Name]>>> {
    this.#number += 1
    const question: Question = { number: this.#number, name, args }
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.number, { resolve, reject })
      this.#process.send(question)
    })
  }

  /** Sends a signal, or lets go of the program so that it ends when it has nothing left to do; resolves when the process is gone. */
  async end(signal?: NodeJS.Signals): Promise<void> {
    if (signal === undefined) this.#process.disconnect()
    else this.#process.kill(signal)
    await this.#exited
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exited
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.number)
    this.#waiting.delete(answer.number)
    if ('error' in answer) waiting?.reject(Object.assign(new Error(answer.error.message), answer.error))
    else waiting?.resolve(answer.value as never)
  }
}
