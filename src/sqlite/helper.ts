/** The store's side of its helper thread. */
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { helperSource } from './helper-embedded.ts'
import { fromErrorMessage, type HelperCall, type HelperCalls, type HelperMessage, type HelperSetup } from './helper-protocol.ts'

interface Waiting {
  resolve(output: unknown): void
  reject(error: unknown): void
}

/** What the store wants to hear from its helper unasked. */
export interface HelperEvents {
  /** Other processes may have committed; commits up to `head` are durable. */
  onChanged(head: number): void
  /** Something it does by itself failed; it tries again. */
  onFailed(error: Error): void
  /** The thread died by itself. */
  onLost(error: Error): void
}

/**
 * Flags of the thread. None of the program's: some are refused for threads, and a debugger would stop it. On Node 22 `node:sqlite`
 * warns that it is experimental; the store's own thread has said so, or was told not to.
 */
const helperFlags: readonly string[] = Object.freeze(['--disable-warning=ExperimentalWarning'])

/** A running helper thread. It keeps the process alive only while it owes an answer. */
export class Helper {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #number = 0
  #isEnding = false
  readonly #exited: Promise<void>
  /** Size of the write-ahead log when the helper had opened, bytes. */
  walBytes = 0
  /** True when this helper made the store. */
  created = false

  /** @throws HoldfastError whatever opening the store met */
  static async start(setup: HelperSetup, events: HelperEvents): Promise<Helper> {
    const helper = new Helper(setup, events)
    await helper.#await(0)
    return helper
  }

  private constructor(setup: HelperSetup, events: HelperEvents) {
    this.#worker = startThread({ workerData: setup, stdin: false, execArgv: [...helperFlags] })
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    this.#worker.on('message', (message: HelperMessage) => this.#receive(message, events))
    this.#worker.on('error', (error: Error) => this.#lose(error, events))
    this.#worker.on('exit', () => this.#lose(new Error('The helper thread ended.'), events))
  }

  call<Call extends HelperCall>(call: Call, input: HelperCalls[Call]['input']): Promise<HelperCalls[Call]['output']> {
    if (this.#isEnding) return Promise.reject(new Error('The helper thread has ended.'))
    this.#number += 1
    this.#worker.postMessage({ number: this.#number, call, input })
    return this.#await(this.#number) as Promise<HelperCalls[Call]['output']>
  }

  /** Closes its connection, ends the thread, and waits for that. */
  async close(): Promise<void> {
    if (!this.#isEnding) {
      const closed = this.call('close', undefined)
      this.#isEnding = true
      try {
        await closed
      } finally {
        this.#worker.ref()
        await this.#exited
      }
    }
    await this.#exited
  }

  #await(number: number): Promise<unknown> {
    this.#worker.ref()
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }))
  }

  #receive(message: HelperMessage, events: HelperEvents): void {
    if ('changedTo' in message) return events.onChanged(message.changedTo)
    if ('failed' in message) return events.onFailed(fromErrorMessage(message.failed))
    const number = 'ready' in message ? 0 : message.number
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (this.#waiting.size === 0) this.#worker.unref()
    if ('ready' in message) {
      this.walBytes = message.walBytes
      this.created = message.created
      waiting?.resolve(undefined)
    } else if ('error' in message) waiting?.reject(fromErrorMessage(message.error))
    else waiting?.resolve(message.output)
  }

  #lose(error: Error, events: HelperEvents): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    if (this.#isEnding) return
    this.#isEnding = true
    events.onLost(error)
  }
}

/** From source the thread starts from its own file; from `dist` and from a single-file bundle, from the text built in. */
function startThread(options: WorkerOptions): Worker {
  if (helperSource !== undefined) return new Worker(helperSource, { ...options, eval: true })
  // Not one literal: bundlers would take the file for an asset of theirs.
  const file = 'helper-thread'
  return new Worker(new URL(`./${file}.ts`, import.meta.url), options)
}
