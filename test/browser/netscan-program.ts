/** netscan with its page, as `npm start` runs it, and a tab that shows it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { projectRoot } from '../../scripts/list-files.ts'

const main = join(projectRoot, 'examples/netscan/main.ts')

/** Killed when the test is over. */
export class Netscan {
  readonly #child: ChildProcessByStdio<null, Readable, null>
  #output = ''

  constructor(directory: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [main, '--directory', directory, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    onTestFinished(() => this.end('SIGKILL'))
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

export async function isLive(page: Page): Promise<void> {
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })
}
