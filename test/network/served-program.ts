import { createServer } from 'node:http'
import { listenOnFreePort } from '../../src/server.ts'
import { Program } from '../support/program.ts'
import type { Beginning, ServerCalls } from './server-program.ts'

/** A server that is killed and started again at the same place. */
export class ServedProgram {
  readonly #beginning: Beginning
  #program: Program<ServerCalls> | undefined
  #lives = 0

  constructor(beginning: Beginning) {
    this.#beginning = beginning
  }

  async start(): Promise<void> {
    this.#lives += 1
    this.#program = new Program<ServerCalls>(new URL('./server-program.ts', import.meta.url))
    await this.#program.call('begin', { ...this.#beginning, seed: `${this.#beginning.seed}/life/${this.#lives}` })
  }

  /** Rejects where it has ended by itself. */
  async kill(): Promise<void> {
    await this.#program?.call('isThere')
    await this.#program?.kill()
  }

  /** It commits nothing more. */
  async rest(): Promise<string> {
    return (await this.#program?.call('rest')) ?? ''
  }
}

/** A port outside of those that the system gives to connections, which could take it while the server is away. */
export async function freePort(): Promise<number> {
  const from = 20_000 + (process.pid % 100) * 100
  const held = await listenOnFreePort(createServer(), { host: '127.0.0.1', from, to: from + 99 })
  await held.close()
  return held.port
}
