import { z } from 'zod'
import { expect, onTestFinished, test } from 'vitest'
import { defineState, jobs, NonRetryableError, openStore } from '../../src/index.ts'
import { openState } from '../support/open-state.ts'
import { codeOf, failureOf, outcome, outcomeOf } from '../support/outcome.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { workState } from './work-state.ts'

test('[J1] a job goes from queued over running to completed, each step a commit of its own', async () => {
  const store = await openState(workState, { memory: true })
  const seen: unknown[] = []
  store.tasks.watch((changes) => seen.push(...changes.map((change) => change.op === 'put' && [change.value.state, change.value.attempt])))
  const { id } = await store.tasks.enqueue({ name: 'a' })
  store.tasks.work(() => ({ value: 7 }))
  const job = await store.tasks.wait(id)
  expect(job).toMatchObject({ id, state: 'completed', attempt: 1, result: { value: 7 }, input: { name: 'a' } })
  expect(seen).toEqual([
    ['queued', 0],
    ['running', 1],
    ['completed', 1],
  ])
})

test('[J1] [J7] a handler that throws is tried again until the attempts are used up; retry and cancel answer what they did', async () => {
  const store = await openState(workState, { memory: true })
  const { id } = await store.tasks.enqueue({ name: 'a' }, { attempts: 2 })
  const attempts: number[] = []
  store.tasks.work(({ attempt }) => {
    attempts.push(attempt)
    throw new RangeError('out of range')
  })
  const failed = await store.tasks.wait(id)
  expect(failed).toMatchObject({ state: 'failed', attempt: 2, error: { name: 'RangeError', message: 'out of range' } })
  expect(await store.tasks.cancel(id)).toBe(false)
  expect(await store.tasks.retry([id, 'nobody'])).toBe(1)
  expect(await store.tasks.wait(id)).toMatchObject({ state: 'failed', attempt: 2 })
  expect(attempts).toEqual([1, 2, 1, 2])
  expect(await store.tasks.retry('nobody')).toBe(false)
})

test('[J7] single flight: a key that is under way answers with its job, in the same commit and in later ones', async () => {
  const store = await openState(workState, { memory: true })
  const { value } = await store.commit((tx) => [
    tx.tasks.enqueue({ name: 'a' }, { key: 'k' }),
    tx.tasks.enqueue({ name: 'b' }, { key: 'k' }),
  ])
  expect(value[1]).toEqual({ id: value[0]!.id, isNew: false })
  store.tasks.work(() => ({ value: 1 }))
  await store.tasks.wait(value[0]!.id)
  const later = await store.tasks.enqueue({ name: 'c' }, { key: 'k' })
  expect(later.isNew).toBe(true)
  expect(store.tasks.find({ index: 'byKey', equals: ['k'] }).items).toHaveLength(2)
})

test('[J7] retry of a job whose key is under way again does nothing', async () => {
  const store = await openState(workState, { memory: true })
  const { id } = await store.tasks.enqueue({ name: 'a' }, { key: 'k' })
  expect(await store.tasks.cancel(id)).toBe(true)
  await store.tasks.enqueue({ name: 'b' }, { key: 'k' })
  expect(await store.tasks.retry(id)).toBe(false)
})

test('[J7] higher priority first, then the order of enqueueing; what is snoozed waits for its time', async () => {
  const store = await openState(workState, { memory: true })
  const order: string[] = []
  await store.commit((tx) => {
    tx.tasks.enqueue({ name: 'late' }, { priority: 100, delayMs: 3_600_000 })
    tx.tasks.enqueue({ name: 'first of two' })
    tx.tasks.enqueue({ name: 'second of two' })
    tx.tasks.enqueue({ name: 'low' }, { priority: -5 })
    tx.tasks.enqueue({ name: 'high' }, { priority: 5 })
  })
  const ids = store.tasks.find().items.map(({ id }) => id)
  store.tasks.work(({ input }) => ({ value: order.push(input.name) }))
  await store.tasks.wait(ids[3]!)
  expect(order).toEqual(['high', 'first of two', 'second of two', 'low'])
  expect(store.tasks.summary()).toMatchObject({ queued: 1, completed: 4, total: 5 })
})

test('[J7] at most `concurrency` jobs run at once', async () => {
  const store = await openState(workState, { memory: true })
  const { value: ids } = await store.commit((tx) => Array.from({ length: 9 }, (_, i) => tx.tasks.enqueue({ name: String(i) }).id))
  let [now, most] = [0, 0]
  store.tasks.work(
    async () => {
      most = Math.max(most, (now += 1))
      await new Promise(setImmediate)
      now -= 1
      return { value: 1 }
    },
    { concurrency: 3 },
  )
  await Promise.all(ids.map((id) => store.tasks.wait(id)))
  expect(most).toBe(3)
})

test('[J7] [C9] a paused queue gives out nothing, also after it was opened again, until it is resumed; the history says by whom', async () => {
  const directory = temporaryDirectory()
  const before = await openStore(workState, { directory })
  const { cursor } = before
  expect([await before.tasks.pause({ actor: 'ada' }), await before.tasks.pause({ actor: 'bob' })]).toEqual([true, false])
  expect(before.why('tasksQueue', '')).toMatchObject({ revision: 1, actor: 'ada', label: 'pause' })
  const { id } = await before.tasks.enqueue({ name: 'a' })
  await before.close()
  const store = await openState(workState, { directory })
  expect(store.tasks.summary()).toMatchObject({ paused: true, queued: 1 })
  expect(await store.commit((tx) => tx.tasks.summary().paused)).toMatchObject({ value: true })
  let began = 0
  store.tasks.work(() => ({ value: (began += 1) }))
  await store.commit((tx) => tx.effects.put({ name: 'x', times: 1 }))
  expect(began).toBe(0)
  expect([await store.tasks.resume(), await store.tasks.resume()]).toEqual([true, false])
  await store.tasks.wait(id)
  expect(began).toBe(1)
  const seen: unknown[] = []
  for await (const { changes, label } of store.follow({ after: cursor, kinds: ['tasksQueue'] })) {
    for (const { op, ...change } of changes) seen.push([label, op, change])
    if (label === 'resume') break
  }
  const [paused, resumed] = [{ paused: true }, { paused: false }]
  expect(seen).toEqual([
    ['pause', 'put', { kind: 'tasksQueue', key: '', value: paused }],
    ['resume', 'put', { kind: 'tasksQueue', key: '', value: resumed, before: paused }],
  ])
})

test('[J6] what a job writes goes into the commit that completes it, or not at all', async () => {
  const store = await openState(workState, { memory: true })
  const { id } = await store.tasks.enqueue({ name: 'a' })
  const revisions: number[] = []
  store.tasks.work(async (_, { commit }) => {
    const failed = await outcomeOf(
      commit((tx) => {
        tx.effects.put({ name: 'half', times: 1 })
        throw new Error('half-way')
      }),
    )
    expect(failed).toBe('half-way')
    const { revision } = await commit(
      (tx) => {
        tx.effects.put({ name: 'whole', times: 1 })
        return { value: 3 }
      },
      { completes: true },
    )
    revisions.push(revision)
    return { value: 4 }
  })
  expect(await store.tasks.wait(id)).toMatchObject({ state: 'completed', result: { value: 3 } })
  await store.tasks.wait(id)
  expect(store.effects.get('half')).toBeUndefined()
  expect([store.effects.entry('whole')?.revision, store.tasks.entry(id)?.revision]).toEqual([revisions[0], revisions[0]])
})

test('[J2] after the job was cancelled, commits and progress of its attempt are LEASE_LOST and change nothing', async () => {
  const store = await openState(workState, { memory: true })
  const { id } = await store.tasks.enqueue({ name: 'a' })
  const outcomes: unknown[] = []
  const ended = Promise.withResolvers<void>()
  store.tasks.work(async (_, { commit, progress, signal }) => {
    await store.tasks.cancel(id)
    outcomes.push(await outcomeOf(commit((tx) => tx.effects.put({ name: 'late', times: 1 }))))
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    outcomes.push(outcome(() => progress({ done: 1 })))
    ended.resolve()
    return { value: 1 }
  })
  await ended.promise
  expect(outcomes).toEqual(['LEASE_LOST', 'LEASE_LOST'])
  expect(store.effects.get('late')).toBeUndefined()
  expect(store.tasks.get(id)).toMatchObject({ state: 'cancelled', reason: 'cancelled' })
  expect(store.tasks.get(id)?.result).toBeUndefined()
})

test('[J1] bad input: what is refused leaves nothing behind, and says why', async () => {
  const store = await openState(workState, { memory: true })
  expect(codeOf(await failureOf(store.tasks.enqueue({ name: 1 } as never)))).toBe('SCHEMA_REJECTED')
  expect(await failureOf(store.tasks.enqueue({ name: 'a' }, { runAt: Date.UTC(2020, 1, 1) }))).toBeInstanceOf(RangeError)
  expect(await failureOf(store.tasks.enqueue({ name: 'a' }, { priority: 101 }))).toBeInstanceOf(RangeError)
  expect(await failureOf(store.tasks.enqueue({ name: 'a' }, { delayMs: 1, runAt: Date.now() + 1000 }))).toBeInstanceOf(TypeError)
  expect(codeOf(await failureOf(store.tasks.enqueue({ name: 'a' }, { key: '' })))).toBe('VALUE_INVALID')
  expect((await failureOf(store.tasks.enqueue({ name: 'a' }, { delayms: 1 } as never))).message).toContain('did you mean "delayMs"')
  expect(codeOf(await failureOf(store.tasks.wait('nobody')))).toBe('KEY_MISSING')
  const unknown = store.commit((tx) => {
    tx.tasks.enqueue({ name: 'a' })
    return (tx as unknown as { readonly nobody: typeof tx.tasks }).nobody.enqueue({ name: 'b' })
  })
  expect(await failureOf(unknown)).toBeInstanceOf(TypeError)
  expect(codeOf(await failureOf(store.snapshot(['nobody' as 'tasks'])))).toBe('KIND_UNKNOWN')
  expect(store.tasks.summary().total).toBe(0)
})

test('[J1] bad results: an invalid one, a cycle and a thing thrown that is no error fail the job with what was wrong', async () => {
  const loose = defineState({ name: 'loose', version: 1, kinds: { any: jobs({ input: z.string(), result: z.any(), attempts: 1 }) } })
  const store = await openState(loose, { memory: true })
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  const handlers: Record<string, () => unknown> = {
    cycle: () => cycle,
    date: () => ({ deep: [new Date()] }),
    object: () => thrown({ not: 'an error' }),
    nothing: () => thrown(undefined),
  }
  store.any.work(({ input }) => handlers[input]?.())
  const errors: Record<string, unknown> = {}
  for (const name of Object.keys(handlers)) {
    const { id } = await store.any.enqueue(name)
    const job = await store.any.wait(id)
    expect(job.state).toBe('failed')
    errors[name] = job.error
  }
  expect(errors).toMatchObject({
    cycle: { code: 'VALUE_INVALID', message: expect.stringContaining('$.result.self is a cycle') },
    date: { code: 'VALUE_INVALID', message: expect.stringContaining('$.result.deep[0]') },
    object: { message: 'The handler threw an object.' },
    nothing: { message: 'The handler threw undefined.' },
  })
})

test('[J1] a result that the schema refuses fails the job with the path, at once', async () => {
  const store = await openState(workState, { memory: true })
  const { id } = await store.tasks.enqueue({ name: 'a' })
  store.tasks.work(() => ({ value: 'seven' }) as never)
  const job = await store.tasks.wait(id)
  expect(job).toMatchObject({
    state: 'failed',
    attempt: 1,
    error: { code: 'SCHEMA_REJECTED', message: expect.stringContaining('$.value') },
  })
  expect(job.result).toBeUndefined()
})

test('[J7] a handler that says that trying again is of no use fails the job at once; it can be retried all the same', async () => {
  class NoSuchHost extends NonRetryableError {
    override readonly name = 'NoSuchHost'
  }
  const store = await openState(workState, { memory: true })
  const { id } = await store.tasks.enqueue({ name: 'a' }, { attempts: 4 })
  store.tasks.work(() => {
    throw new NoSuchHost('nobody knows it')
  })
  const failed = { state: 'failed', attempt: 1, attempts: 4, error: { name: 'NoSuchHost', message: 'nobody knows it' } }
  expect(await store.tasks.wait(id)).toMatchObject(failed)
  expect(await store.tasks.retry(id)).toBe(true)
  expect(await store.tasks.wait(id)).toMatchObject(failed)
})

test('[J2] a handler that never settles ends by its time, and frees its place', async () => {
  const brief = defineState({ name: 'brief', version: 1, kinds: { any: jobs({ input: z.string(), attempts: 1, timeoutMs: 20 }) } })
  const store = await openState(brief, { memory: true })
  const stuck = await store.any.enqueue('stuck')
  const next = await store.any.enqueue('next')
  store.any.work(({ input }) => (input === 'stuck' ? new Promise(() => undefined) : undefined))
  expect(await store.any.wait(stuck.id)).toMatchObject({ state: 'failed', reason: 'timeout', error: { name: 'TimeoutError' } })
  expect(await store.any.wait(next.id)).toMatchObject({ state: 'completed' })
})

test('[X27] two jobs of one user and sort at once keep their histories, lines and progress apart, and a snapshot has both', async () => {
  const store = await openState(workState, { memory: true })
  const enqueue = (name: string) => store.tasks.enqueue({ name }, { actor: 'tab 1' })
  const [one, two] = [await enqueue('one'), await enqueue('two')]
  const both = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  let began = 0
  store.tasks.work(
    async ({ input }, { log, progress }) => {
      log(`line of ${input.name}`)
      progress({ done: 1, text: input.name })
      if ((began += 1) === 2) both.resolve()
      await go.promise
      return { value: 1 }
    },
    { concurrency: 2 },
  )
  await both.promise
  const { kinds } = await store.snapshot(['tasks'])
  expect([...kinds.tasks.items()].map(({ value }) => [value.id, value.state, value.actor])).toEqual([
    [one.id, 'running', 'tab 1'],
    [two.id, 'running', 'tab 1'],
  ])
  go.resolve()
  await store.tasks.wait(one.id)
  await store.tasks.wait(two.id)
  expect([one, two].map(({ id }) => store.tasks.logs(id).map(({ value }) => value))).toEqual([['line of one'], ['line of two']])
  expect([one, two].map(({ id }) => store.tasks.get(id)?.progress?.text)).toEqual(['one', 'two'])
})

test('[J1] waiting ends with the signal and with the store', async () => {
  const store = await openStore(workState, { memory: true })
  onTestFinished(() => store.close())
  const { id } = await store.tasks.enqueue({ name: 'a' })
  const abort = new AbortController()
  const aborted = outcomeOf(store.tasks.wait(id, { signal: abort.signal }))
  const closed = outcomeOf(store.tasks.wait(id))
  abort.abort(new Error('enough'))
  expect(await aborted).toBe('enough')
  await store.close()
  expect(await closed).toBe('STORE_CLOSED')
})

function thrown(something: unknown): never {
  throw something as Error
}
