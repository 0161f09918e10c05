import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemSeams } from '../../src/engine/seams.ts'
import { openStore } from '../../src/index.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import type { LockCalls } from '../commit/lock-holder.ts'
import { freePort } from '../server/served.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { openState } from '../support/open-state.ts'
import { outcome, outcomeOf } from '../support/outcome.ts'
import { Program } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { shutdownState } from './shutdown-state.ts'

const busyProgram = fileURLToPath(new URL('./shutdown-program.ts', import.meta.url))

/** What a supervisor gives a program between SIGTERM and SIGKILL, ms. */
const graceMs = 10_000

class Busy {
  readonly directory: string = temporaryDirectory()
  readonly lines: string[] = []
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown[]>
  #onLine: () => void = () => undefined

  constructor(port: number, drainMs: string) {
    const args = ['--disable-warning=ExperimentalWarning', busyProgram, this.directory, `${port}`, drainMs]
    this.#process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    // Its output is closed: everything it said has been read.
    this.#exited = once(this.#process, 'close')
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      this.lines.push(line)
      this.#onLine()
    })
    onTestFinished(() => void this.#process.kill('SIGKILL'))
  }

  count(line: string): number {
    return this.lines.filter((said) => said === line).length
  }

  /** Resolves when it has said so much. */
  async until(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) await new Promise<void>((resolve) => (this.#onLine = resolve))
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  /** By which signal it ended; SIGKILL comes after the grace. */
  async ended(): Promise<unknown> {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), graceMs)
    const [, signal] = await this.#exited
    clearTimeout(timer)
    return signal
  }
}

/** A busy program with an open stream, in the middle of its work. */
async function startBusy(drainMs = ''): Promise<{ readonly busy: Busy; readonly port: number; readonly streamEnded: Promise<unknown> }> {
  const port = await freePort()
  const busy = new Busy(port, drainMs)
  await busy.until(() => busy.count('began drains') + busy.count('began hangs') === 2 && busy.count('acknowledged') > 100)
  const token = readFileSync(join(busy.directory, 'token'), 'utf8').trim()
  const stream = await fetch(`http://127.0.0.1:${port}/state/feed`, { headers: { authorization: `Bearer ${token}` } })
  expect(stream.status).toBe(200)
  // However it ends: its last bytes may be cut.
  return { busy, port, streamEnded: stream.text().catch(() => 'cut') }
}

describe.skipIf(process.platform === 'win32')('[X52] a program that is told to end', () => {
  test('[X52] [X13] ends by SIGTERM within the grace of a supervisor, with all that was acknowledged, and nothing half done', async () => {
    const { busy, port, streamEnded } = await startBusy('100')
    busy.signal('SIGTERM')
    expect(await busy.ended()).toBe('SIGTERM')
    await streamEnded
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
    const refusals = busy.lines.filter((line) => line.startsWith('refused'))
    expect(refusals).toEqual(Array.from({ length: 8 }, () => 'refused STORE_CLOSED'))
    expect(busy.count('aborted')).toBe(1)
    // The log was copied into the database, and its locks are free.
    expect(existsSync(join(busy.directory, 'store.db-wal'))).toBe(false)
    const store = await openState(shutdownState, { directory: busy.directory })
    expect(store.lines.count()).toBe(busy.count('acknowledged'))
    expect(`set ${store.progress.get()?.done}`).toBe(busy.lines.findLast((line) => line.startsWith('set')))
    const { items } = store.tasks.find()
    expect(items.map(({ input, state, result }) => [input.how, state, result])).toEqual([
      ['drains', 'completed', { done: true }],
      ['hangs', 'queued', undefined],
    ])
  })

  test('[X52] a second signal ends it at once, and what was acknowledged is there', async () => {
    const { busy } = await startBusy('60000')
    busy.signal('SIGINT')
    await busy.until(() => busy.count('refused STORE_CLOSED') === 8)
    busy.signal('SIGTERM')
    expect(await busy.ended()).toBe('SIGTERM')
    expect(busy.count('aborted')).toBe(0)
    const store = await openStore(shutdownState, { directory: busy.directory, readOnly: true })
    expect(store.lines.count()).toBe(busy.count('acknowledged'))
    expect(store.tasks.find().items.map(({ input, state }) => [input.how, state])).toContainEqual(['hangs', 'running'])
    await store.close()
  })
})

describe('[X52] closing', () => {
  async function openManual() {
    const clock = new ManualClock()
    const directory = temporaryDirectory()
    const reports: string[] = []
    const report = ({ message }: { readonly message: string }): void => void reports.push(message)
    const store = await openStoreWith({ ...systemSeams(), clock }, shutdownState, { directory, report })
    onTestFinished(() => store.close())
    return { clock, directory, store, reports }
  }

  test('[X52] waits no longer for a handler that never ends than it has to drain, and gives its job back', async () => {
    const { clock, directory, store, reports } = await openManual()
    const began = Promise.withResolvers<AbortSignal>()
    store.tasks.work((_job, { signal }) => {
      began.resolve(signal)
      return new Promise(() => undefined)
    })
    const { id } = await store.tasks.enqueue({ how: 'hangs' })
    const signal = await began.promise
    const commit = store.commit((tx) => tx.lines.append('queued before'))
    const closed = store.close()
    expect(store.close()).toBe(closed)
    expect(await outcomeOf(store.commit((tx) => tx.lines.append('after')))).toBe('STORE_CLOSED')
    expect(outcome(() => store.progress.set({ done: 1 }))).toBe('STORE_CLOSED')
    expect((await commit).revision).toBeGreaterThan(0)
    await clock.pass(4999)
    expect(signal.aborted).toBe(false)
    await clock.pass(1)
    expect(signal.aborted).toBe(true)
    await clock.pass(3999)
    await closed
    expect(reports).toEqual([])
    const again = await openState(shutdownState, { directory })
    expect([again.tasks.get(id)?.state, again.lines.count()]).toEqual(['queued', 1])
  })

  test('[X52] gives up in the end what another process keeps from being written, and says so', async () => {
    const { clock, directory, store, reports } = await openManual()
    const began = Promise.withResolvers<void>()
    store.tasks.work(() => {
      began.resolve()
      return new Promise(() => undefined)
    })
    await store.tasks.enqueue({ how: 'hangs' })
    await began.promise
    const other = new Program<LockCalls>(new URL('../commit/lock-holder.ts', import.meta.url))
    await other.call('lock', directory)
    store.progress.set({ done: 1 })
    const commit = outcomeOf(store.commit((tx) => tx.lines.append('never')))
    const closed = store.close()
    await clock.pass(9000)
    expect(await commit).toBe('STORE_BUSY')
    await closed
    expect(reports.filter((message) => message.includes('after 9000 ms'))).toHaveLength(1)
    expect(reports.filter((message) => message.includes('1 records written behind could not be committed'))).toHaveLength(1)
    await other.call('release')
    expect((await openState(shutdownState, { directory })).lines.count()).toBe(0)
  })
})
