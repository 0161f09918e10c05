import { once } from 'node:events'
import { expect, test } from 'vitest'
import { openStore } from '../../src/index.ts'
import { openState } from '../support/open-state.ts'
import { codeOf, failureOf, outcome } from '../support/outcome.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { workState } from './work-state.ts'

/** A child that says so when it is ready, and bears SIGTERM if it is stubborn. Its own child does the same. */
const family = (isStubborn: boolean): string => `
  const { spawn } = require('node:child_process')
  if (${isStubborn}) process.on('SIGTERM', () => process.stdout.write('bears it\\n'))
  const grandchild = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => undefined); setInterval(() => undefined, 1000); console.log("up")'])
  grandchild.stdout.once('data', () => process.stdout.write('ready ' + grandchild.pid + '\\n'))
  setInterval(() => undefined, 1000)`

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function whenGone(pid: number): Promise<void> {
  while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 5))
}

test.each([false, true])('[J5] cancelling aborts the handler and ends its child with all it started (stubborn: %s)', async (isStubborn) => {
  const store = await openState(workState, { memory: true })
  const { id } = await store.tasks.enqueue({ name: 'a' })
  const ready = Promise.withResolvers<readonly number[]>()
  const ended = Promise.withResolvers<unknown>()
  store.tasks.work(async (_, { spawn, signal }) => {
    const child = spawn(process.execPath, ['-e', family(isStubborn)])
    child.stdout.once('data', (text: Buffer) => ready.resolve([child.pid!, Number(String(text).split(' ')[1])]))
    const [code, by] = (await once(child, 'exit')) as [number | null, string | null]
    ended.resolve([code, by, signal.aborted, (signal.reason as Error).message])
    return { value: 0 }
  })
  const pids = await ready.promise
  await store.tasks.cancel(id)
  expect(await ended.promise).toEqual([null, isStubborn ? 'SIGKILL' : 'SIGTERM', true, 'The job was cancelled.'])
  for (const pid of pids) await whenGone(pid)
  expect(store.tasks.get(id)).toMatchObject({ state: 'cancelled' })
})

test('[J5] stopping a worker lets jobs end, then aborts them, ends their children and gives the jobs back', async () => {
  const directory = temporaryDirectory()
  const store = await openStore(workState, { directory })
  const quick = await store.tasks.enqueue({ name: 'quick' })
  const long = await store.tasks.enqueue({ name: 'long' })
  const pid = Promise.withResolvers<number>()
  const worker = store.tasks.work(
    async ({ input }, { spawn, signal, progress }) => {
      if (input.name === 'quick') await new Promise((resolve) => setTimeout(resolve, 50))
      else {
        const child = spawn('sleep', ['1000'])
        progress({ done: 5 })
        pid.resolve(child.pid!)
        await once(signal, 'abort')
        throw signal.reason
      }
      return { value: 1 }
    },
    { concurrency: 2, drainMs: 200 },
  )
  await pid.promise
  await worker.stop()
  await worker.stop()
  expect(worker.running).toBe(0)
  expect(store.tasks.get(quick.id)).toMatchObject({ state: 'completed' })
  expect(store.tasks.get(long.id)).toMatchObject({ state: 'queued', attempt: 0, reason: 'stopped', progress: { done: 5 } })
  await whenGone(await pid.promise)
  await store.close()
  // [J4] the last progress is kept across a restart.
  const after = await openState(workState, { directory })
  expect(after.tasks.get(long.id)?.progress).toEqual({ done: 5 })
})

test('[X58] a child that cannot be started, or ends badly, tells so in the error of the job', async () => {
  const store = await openState(workState, { memory: true })
  const fail = async (command: string, args: readonly string[]) => {
    const { id } = await store.tasks.enqueue({ name: 'a' }, { attempts: 1 })
    const worker = store.tasks.work(async (_, { spawn }) => {
      const child = spawn(command, args)
      const [code] = (await once(child, 'exit')) as [number | null]
      if (code !== 0) throw new Error(`${command} failed`)
      return { value: 1 }
    })
    const job = await store.tasks.wait(id)
    await worker.stop()
    return job
  }
  expect(await fail('/nowhere/nmap', [])).toMatchObject({ state: 'failed', error: { code: 'ENOENT', child: { command: '/nowhere/nmap' } } })
  const script = 'console.error("port 80 is taken"); process.exit(3)'
  expect(await fail(process.execPath, ['-e', script])).toMatchObject({
    state: 'failed',
    error: { message: expect.stringContaining('failed'), child: { command: process.execPath, exitCode: 3, stderr: 'port 80 is taken\n' } },
  })
  // A handler that does not listen for it does not wait for ever.
  const { id } = await store.tasks.enqueue({ name: 'a' }, { attempts: 1 })
  store.tasks.work((_, { spawn }) => {
    spawn('/nowhere/nmap')
    return new Promise(() => undefined)
  })
  expect(await store.tasks.wait(id)).toMatchObject({ state: 'failed', error: { code: 'ENOENT', child: { command: '/nowhere/nmap' } } })
})

test('[J5] a child that outlives its handler ends with it', async () => {
  const store = await openState(workState, { memory: true })
  const { id } = await store.tasks.enqueue({ name: 'a' })
  let pid = 0
  store.tasks.work((_, { spawn }) => {
    pid = spawn('sleep', ['1000']).pid!
    return { value: 1 }
  })
  expect(await store.tasks.wait(id)).toMatchObject({ state: 'completed' })
  await whenGone(pid)
})

test('[J4] progress that is too much, wrong, or late is refused where it is told, and leaves no trace', async () => {
  const store = await openState(workState, { memory: true })
  const { id } = await store.tasks.enqueue({ name: 'a' })
  const late = Promise.withResolvers<(value: { done: number }) => void>()
  const outcomes: unknown[] = []
  store.tasks.work((_, { progress }) => {
    late.resolve(progress)
    outcomes.push(outcome(() => progress({ done: 1, text: 'x'.repeat(10 * 1024 * 1024) })))
    outcomes.push(outcome(() => progress({ done: 'much' } as never)))
    outcomes.push(outcome(() => progress({ done: Number.NaN })))
    return { value: 1 }
  })
  await store.tasks.wait(id)
  const progress = await late.promise
  outcomes.push(outcome(() => progress({ done: 2 })))
  expect(outcomes).toEqual(['VALUE_INVALID', 'SCHEMA_REJECTED', 'SCHEMA_REJECTED', 'LEASE_LOST'])
  expect(store.tasks.get(id)?.progress).toBeUndefined()
  expect(codeOf(await failureOf(store.tasks.wait('nobody')))).toBe('KEY_MISSING')
})
