/** A program of a user that serves a store by the installed package. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'

/** Commits one run each time it is started, serves, and says where, and up to which cursor. Clients commit by a call. */
export const servingProgram = `
import { collection, defineState, openStore } from 'holdfast'
import { action, serve } from 'holdfast/server'

const [directory, port] = process.argv.slice(2)
const anything = { '~standard': { version: 1, vendor: 'user', validate: (value) => ({ value }) } }
const state = defineState({ name: 'counter', version: 1, kinds: { runs: collection(anything, { key: 'id' }) } })
const add = action(state, anything, (tx, { id }) => tx.runs.insert({ id }))

const store = await openStore(state, { directory })
await store.commit((tx) => tx.runs.insert({ id: 'run ' + tx.runs.count() }))
const { url } = await serve(store, { port: Number(port), actions: { add } })
console.log(JSON.stringify({ url, cursor: store.cursor }))
`

export interface ServedPackageOptions {
  readonly script: string
  readonly directory: string
  readonly port: number
}

/** Killed when the test is over. */
export class ServedPackage {
  readonly url: string
  /** Of its newest commit when it began to serve. */
  readonly cursor: string
  readonly token: string
  readonly #child: ChildProcessByStdio<null, Readable, null>

  private constructor(child: ChildProcessByStdio<null, Readable, null>, said: string, directory: string) {
    const { url, cursor } = JSON.parse(said) as { readonly url: string; readonly cursor: string }
    this.url = url
    this.cursor = cursor
    this.token = readFileSync(join(directory, 'token'), 'utf8').trim()
    this.#child = child
  }

  static async start({ script, directory, port }: ServedPackageOptions): Promise<ServedPackage> {
    const args = ['--disable-warning=ExperimentalWarning', script, directory, String(port)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const lines = createInterface(child.stdout)
    // Where it ends without a word it says why on standard error.
    const [said] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?]
    if (said === undefined) throw new Error('The program ended before it served.')
    return new ServedPackage(child, said, directory)
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
  }
}
