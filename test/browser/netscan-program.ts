/** netscan with its page, as `npm start` runs it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { projectRoot } from '../../scripts/list-files.ts'

const main = join(projectRoot, 'examples/netscan/main.ts')

/** Killed when the test is over. */
export class Netscan {
  readonly #child: ChildProcessByStdio<null, Readable, null>
  #output = ''

  private constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    onTestFinished(() => this.end('SIGKILL'))
  }

  /** On a store that is there it comes back at the port that the store had. */
  static async start(directory: string, ...args: string[]): Promise<Netscan> {
    const port = existsSync(directory) ? [] : ['--port', String(await findPort())]
    return new Netscan(['--directory', directory, ...port, ...args])
  }

  /** The link it prints. */
  async link(): Promise<string> {
    return (await this.#prints(/http:\/\/\S+#\S+/))[0]
  }

  async finishes(): Promise<void> {
    await this.#prints(/scan of \S+ finished/)
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.kill(signal)
    await closed
  }

  async #prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#output)
      if (found !== null) return found
      await once(this.#child.stdout, 'data')
    }
  }
}

/**
 * A port that nobody listens on, below those the system gives to connections: a program that is killed must find its port free when it comes
 * back. Each process of tests begins to look at a place of its own.
 */
async function findPort(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); ; port += 1) {
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.close()
    if (isFree) return port
  }
}
