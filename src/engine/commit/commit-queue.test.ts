import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { HoldfastError } from '../../base/error.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { CommitQueue } from './commit-queue.ts'
import { CommitRequest } from './commit-request.ts'

const busy = Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR', errcode: 5 })

function setUp(options: { readonly limit?: number; readonly random?: () => number; readonly costMs?: number } = {}) {
  const clock = new ManualClock()
  const lock = { isTaken: false, error: busy as Error, tries: [] as number[] }
  const groups: CommitRequest[][] = []
  const queue = new CommitQueue({
    clock,
    random: options.random ?? (() => 0.5),
    limit: options.limit ?? 10_000,
    deadlineMs: 1000,
    begin: () => {
      lock.tries.push(clock.elapsed())
      if (lock.isTaken) throw lock.error
    },
    runGroup: (take, isTimeUp) => {
      const group: CommitRequest[] = []
      for (let request = take(); request !== undefined; request = isTimeUp() ? undefined : take()) {
        group.push(request)
        clock.spend(options.costMs ?? 0)
        request.resolve({ revision: 0, value: undefined, changed: false })
      }
      groups.push(group)
    },
  })
  const add = (): CommitRequest => {
    const request = new CommitRequest(() => undefined, undefined)
    request.promise.catch(() => undefined)
    queue.add(request)
    return request
  }
  return { clock, lock, groups, queue, add }
}

describe('groups', () => {
  test('[C5] what is queued in one turn is one group, in order', async () => {
    const { groups, add } = setUp()
    const requests = [add(), add(), add()]
    expect(groups).toEqual([])
    await nextTurn()
    expect(groups).toEqual([requests])
  })

  test('[C5] a group takes commits for 5 ms; the rest is the next turn’s', async () => {
    const { groups, add } = setUp({ costMs: 2 })
    for (let i = 0; i < 8; i += 1) add()
    await nextTurn()
    expect(groups.map(({ length }) => length)).toEqual([3])
    await nextTurn()
    await nextTurn()
    expect(groups.map(({ length }) => length)).toEqual([3, 3, 2])
  })

  test('[C5] when the reactions to a sync have used up a turn, timers come before the next group', async () => {
    const { clock, groups, queue, add } = setUp()
    const order: string[] = []
    // A message arrives while the loop polls, as the answer to a sync does.
    const { port1, port2 } = new MessageChannel()
    await new Promise<void>((resolve) => {
      port2.once('message', () => {
        queue.noteSettling()
        add()
        clock.spend(6)
        setTimeout(() => order.push(`timer after ${groups.length} groups`), 0)
        const until = performance.now() + 3
        while (performance.now() < until) continue
        resolve()
      })
      port1.postMessage('synced')
    })
    while (groups.length === 0 || order.length === 0) await nextTurn()
    port1.close()
    expect(order).toEqual(['timer after 0 groups'])
  })

  test('[C5] a full queue refuses, and takes again when it has run', async () => {
    const { queue, add } = setUp({ limit: 2 })
    add()
    add()
    expect(() => add()).toThrow(expect.objectContaining({ code: 'QUEUE_FULL', details: { limit: 2 } }))
    expect(queue.length).toBe(2)
    await nextTurn()
    add()
    expect(queue.length).toBe(1)
  })

  test('[C5] a queue that is never empty does not keep what it has run', async () => {
    const { queue, groups, add } = setUp({ costMs: 4 })
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const first = new WeakRef(add())
    for (let i = 0; i < 100; i += 1) add()
    for (let i = 0; i < 200; i += 1) {
      add()
      add()
      await nextTurn()
      expect(queue.length).toBeGreaterThan(0)
    }
    groups.length = 0
    collectGarbage()
    await nextTurn()
    expect(first.deref()).toBeUndefined()
  })
})

describe('a lock that another process holds', () => {
  test('[C11] is tried for again after a wait of random length, until it is free', async () => {
    const chances = [0, 0.999, 0.5]
    const { clock, lock, groups, add } = setUp({ random: () => chances.shift() ?? 0.5 })
    lock.isTaken = true
    const request = add()
    await nextTurn()
    await clock.pass(20)
    const waits = lock.tries.slice(1).map((at, i) => at - (lock.tries[i] ?? 0))
    expect(new Set(waits.slice(0, 3)).size).toBe(3)
    expect(Math.max(...waits)).toBeLessThan(10)
    lock.isTaken = false
    await clock.pass(10)
    expect(groups).toEqual([[request]])
  })

  test('[C11] is waited for until the deadline of each commit, then STORE_BUSY', async () => {
    const { clock, lock, groups, queue, add } = setUp()
    lock.isTaken = true
    const early = add()
    await nextTurn()
    await clock.pass(600)
    const late = add()
    await clock.pass(450)
    await expect(early.promise).rejects.toMatchObject({ code: 'STORE_BUSY', details: { waitedMs: expect.closeTo(1000, -1) } })
    expect(queue.length).toBe(1)
    lock.isTaken = false
    await clock.pass(20)
    expect(groups).toEqual([[late]])
    await expect(late.promise).resolves.toBeDefined()
  })

  test('[C11] a process that has seen another one write leaves gaps after its groups, for a while', async () => {
    const { clock, groups, queue, add } = setUp()
    queue.noteContention()
    queue.noteSettling()
    add()
    await nextTurn()
    expect([groups.length, clock.waitsUntil.length]).toEqual([0, 1])
    await clock.pass(5)
    expect(groups).toHaveLength(1)
    await clock.pass(600)
    queue.noteSettling()
    add()
    await nextTurn()
    expect(groups).toHaveLength(2)
  })
})

describe('other refusals', () => {
  test('[C5] an error at BEGIN that is no lock rejects what is queued, and the queue goes on', async () => {
    const { lock, groups, queue, add } = setUp()
    lock.isTaken = true
    lock.error = new HoldfastError('DISK_FULL', 'No space.', { file: 'store.db' })
    const requests = [add(), add()]
    const idle = queue.idle()
    await nextTurn()
    for (const { promise } of requests) await expect(promise).rejects.toBe(lock.error)
    await idle
    lock.isTaken = false
    add()
    await nextTurn()
    expect(groups).toHaveLength(1)
  })

  test('[C5] paused for several reasons it takes commits and runs none until all are gone', async () => {
    const { groups, queue, add } = setUp()
    queue.pause('checkpoint')
    queue.pause('recovery')
    add()
    await nextTurn()
    queue.resume('checkpoint')
    await nextTurn()
    expect([groups.length, queue.length]).toEqual([0, 1])
    queue.resume('recovery')
    await nextTurn()
    expect(groups).toHaveLength(1)
  })
})
