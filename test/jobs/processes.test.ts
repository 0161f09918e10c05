import { execFile } from 'node:child_process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Store } from '../../src/index.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { openState } from '../support/open-state.ts'
import { Program } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openManual } from './manual.ts'
import { workState } from './work-state.ts'
import type { WorkerCalls } from './worker-program.ts'

type WorkStore = Store<typeof workState>

async function start(directory: string): Promise<Program<WorkerCalls>> {
  const program = new Program<WorkerCalls>(new URL('./worker-program.ts', import.meta.url))
  await program.call('open', { directory })
  return program
}

/** Resolves once a job is as asked. */
function whenJob(store: WorkStore, id: string, is: (job: { state: string; attempt: number; reason?: string }) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = store.tasks.watch((changes) => {
      if (!changes.some((change) => change.op === 'put' && change.key === id && is(change.value))) return
      stop()
      resolve()
    })
    const job = store.tasks.get(id)
    if (job !== undefined && is(job)) {
      stop()
      resolve()
    }
  })
}

test('[J2] [X29] a handler that keeps its thread busy for several leases keeps its job: nobody else is given it', async () => {
  const directory = temporaryDirectory()
  const store = await openState(workState, { directory })
  const busy = await start(directory)
  const id = await busy.call('enqueue', 'long', 1600)
  await busy.call('work', 'busy', 1)
  await whenJob(store, id, ({ state }) => state === 'running')
  store.tasks.work(() => ({ value: -1 }))
  expect(await store.tasks.wait(id)).toMatchObject({ state: 'completed', attempt: 1, result: { value: 1 } })
  expect(store.effects.get('long')?.times).toBe(1)
})

test('[J3] [X29] [J8] a job whose worker was killed is queued again, once, as interrupted, and runs elsewhere', async () => {
  const directory = temporaryDirectory()
  const store = await openState(workState, { directory })
  const doomed = await start(directory)
  const id = await doomed.call('enqueue', 'hard', 60_000)
  await doomed.call('work', 'idle', 1)
  await whenJob(store, id, ({ state }) => state === 'running')
  const reasons: unknown[] = []
  store.tasks.watch((changes) => reasons.push(...changes.map((change) => change.op === 'put' && change.value.reason)))
  await doomed.kill()
  await whenJob(store, id, ({ state, reason }) => state === 'queued' && reason === 'interrupted')
  store.tasks.work(({ attempt }) => ({ value: attempt }))
  expect(await store.tasks.wait(id)).toMatchObject({ state: 'completed', attempt: 2, result: { value: 2 } })
  expect(reasons.filter((reason) => reason === 'interrupted')).toHaveLength(2) // queued, then running
})

test('[J3] [X29] a store that is opened takes jobs from an owner that is proven dead at once, long before their leases run out', async () => {
  const directory = temporaryDirectory()
  const doomed = await start(directory)
  await doomed.call('hang')
  const before = await openState(workState, { directory })
  const { id } = await before.plain.enqueue('x')
  await new Promise<void>((resolve) => {
    const stop = before.plain.watch((changes) => {
      if (!changes.some((change) => change.op === 'put' && change.value.state === 'running')) return
      stop()
      resolve()
    })
  })
  await before.close()
  await doomed.kill()
  const store = await openState(workState, { directory })
  // One attempt is all it has, and leases of this queue last 30 s, longer than a test may take.
  expect(await store.plain.wait(id)).toMatchObject({ state: 'failed', reason: 'interrupted' })
  expect(store.plain.summary()).toMatchObject({ running: 0, failed: 1 })
})

test('[X44] [J2] a worker that was paused for longer than its lease cannot write any more once its job was given away', async () => {
  const directory = temporaryDirectory()
  const store = await openState(workState, { directory })
  const paused = await start(directory)
  const id = await paused.call('enqueue', 'fenced', 0)
  await paused.call('work', 'stop', 1)
  await whenJob(store, id, ({ reason }) => reason === 'interrupted')
  store.tasks.work(({ attempt }, { commit }) =>
    commit(
      (tx) => {
        tx.effects.put({ name: 'fenced', times: (tx.effects.get('fenced')?.times ?? 0) + 1 })
        return { value: attempt }
      },
      { completes: true },
    ).then(({ value }) => value),
  )
  expect(await store.tasks.wait(id)).toMatchObject({ state: 'completed', attempt: 2 })
  process.kill(paused.pid, 'SIGCONT')
  let told: readonly string[] = []
  while (!told.some((line) => line.includes('aborted'))) told = await paused.call('told')
  expect(told).toContain('fenced 1 LEASE_LOST')
  expect(told).toContain('fenced 1 aborted: true')
  expect(store.effects.get('fenced')?.times).toBe(1)
  expect(store.tasks.get(id)).toMatchObject({ state: 'completed', attempt: 2, result: { value: 2 } })
})

test('[X9] what was acknowledged of a job is there after kill -9: that it was enqueued, and that it is done', async () => {
  const directory = temporaryDirectory()
  const first = await start(directory)
  const id = await first.call('enqueue', 'kept', 0)
  await first.kill()
  const second = await start(directory)
  await second.call('work', 'idle', 1)
  let told: readonly string[] = []
  while (!told.includes('kept 1 completed')) told = await second.call('told')
  await second.kill()
  const store = await openState(workState, { directory })
  expect(store.tasks.get(id)).toMatchObject({ state: 'completed', attempt: 1, result: { value: 1 } })
  expect(store.effects.get('kept')?.times).toBe(1)
})

test('[J7] a queue paused in one process gives out nothing in another, and goes on there when it is resumed elsewhere', async () => {
  const directory = temporaryDirectory()
  const store = await openState(workState, { directory })
  const other = await start(directory)
  expect(await other.call('pause')).toBe(true)
  const began: string[] = []
  store.tasks.work(({ input }) => ({ value: began.push(input.name) }))
  const id = await other.call('enqueue', 'late', 0)
  // A job of a queue that is not paused goes through meanwhile: this process has looked since.
  store.plain.work(() => undefined)
  await store.plain.wait((await store.plain.enqueue('x')).id)
  expect([began, store.tasks.get(id)?.state, store.tasks.summary().paused]).toEqual([[], 'queued', true])
  expect([await store.tasks.pause(), await other.call('resume')]).toEqual([false, true])
  expect(await store.tasks.wait(id)).toMatchObject({ state: 'completed' })
  expect(began).toEqual(['late'])
})

test('[J7] [F6] a worker hears of jobs, pauses and resumes here and in other processes before its time has come to look', async () => {
  const directory = temporaryDirectory()
  const clock = new ManualClock()
  // Ahead of the other process, so that what that enqueues may run here.
  clock.spend(Date.now() + 3_600_000)
  const { store } = await openManual(workState, directory, clock)
  const other = await start(directory)
  // Ends are written after a gap that is left to the other process.
  const whenCompleted = async (id: string): Promise<void> => {
    for (; store.tasks.get(id)?.state !== 'completed'; await nextTurn()) await clock.pass(5)
  }
  let began = Promise.withResolvers<string>()
  store.tasks.work(({ input }) => {
    began.resolve(input.name)
    began = Promise.withResolvers()
    return { value: 1 }
  })
  const first = began.promise
  const before = await other.call('enqueue', 'from elsewhere', 0)
  expect(await first).toBe('from elsewhere')
  await whenCompleted(before)
  await other.call('pause')
  const id = await other.call('enqueue', 'paused meanwhile', 0)
  const second = began.promise
  await other.call('resume')
  expect(await second).toBe('paused meanwhile')
  await whenCompleted(id)
})

test('[J5] a store that is closed stops its workers, and nothing of them keeps the process alive', async () => {
  const file = fileURLToPath(new URL('./lifetime-program.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [file, temporaryDirectory()])
  expect(stdout).toBe('closed')
})
