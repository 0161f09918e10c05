// oxlint-disable unicorn/no-thenable -- what this file is about
import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { eachDriver } from '../support/drivers.ts'
import { codeOf, failureOf, outcome, outcomeOf } from '../support/outcome.ts'
import { host, openSample, type Sample } from '../support/sample-state.ts'

type SampleTx = Parameters<Parameters<Sample['commit']>[0]>[0]

eachDriver((driver) => {
  describe('the callback', () => {
    test('[C4] runs once, later than the call, in the order of the calls', async () => {
      const store = await openSample({ driver, memory: true })
      const ran: number[] = []
      const commits = [1, 2, 3].map((number) => store.commit(() => void ran.push(number)))
      await Promise.resolve()
      expect(ran).toEqual([])
      await Promise.all(commits)
      expect(ran).toEqual([1, 2, 3])
    })

    test('[C3] its value is the commit’s, whatever it is', async () => {
      const store = await openSample({ driver, memory: true })
      const thing = { a: new Map() }
      for (const value of [undefined, null, 0, '', thing, () => 1]) {
        expect((await store.commit(() => value)).value).toBe(value)
      }
    })

    test('[C4] one that throws is rejected with what it threw, and nothing of it is there', async () => {
      const store = await openSample({ driver, memory: true })
      const thrown = new Error('mine')
      const error = await failureOf(
        store.commit((tx) => {
          tx.hosts.put(host('1'))
          tx.lines.append('l')
          throw thrown
        }),
      )
      expect(error).toBe(thrown)
      expect([store.hosts.count(), store.lines.count(), store.health().revision]).toEqual([0, 0, 0])
      expect(await outcomeOf(store.commit((tx) => tx.lines.append('l')))).toMatchObject({ value: 1, revision: 1 })
    })

    test('[C4] one that throws no error at all is rejected with that', async () => {
      const store = await openSample({ driver, memory: true })
      for (const thrown of [undefined, null, 'text', 0]) {
        const seen = await store
          .commit((tx) => {
            tx.title.set('t')
            // oxlint-disable-next-line typescript/only-throw-error
            throw thrown
          })
          .then(
            () => 'resolved',
            (error: unknown) => [error],
          )
        expect(seen).toEqual([thrown])
        expect(store.title.get()).toBeUndefined()
      }
    })

    test.each([
      ['an async function', () => Promise.resolve(1)],
      ['one whose promise rejects', () => Promise.reject(new Error('late'))],
      ['a thenable', () => ({ then: (resolve: (value: number) => void) => resolve(1) })],
      [
        'a thenable that throws',
        () => ({
          then: () => {
            throw new Error('then')
          },
        }),
      ],
    ])('[C4] one that answers with a promise, as %s does, is rolled back with a clear error', async (_, answer) => {
      const store = await openSample({ driver, memory: true })
      const commit = (store.commit.bind(store) as (callback: (tx: SampleTx) => unknown, options: object) => Promise<unknown>)(
        (tx) => {
          tx.title.set('t')
          return answer()
        },
        { label: 'slow' },
      )
      expect(await failureOf(commit)).toMatchObject({ code: 'COMMIT_CALLBACK_ASYNC', details: { label: 'slow' } })
      expect([store.title.get(), store.health().revision]).toEqual([undefined, 0])
    })

    test('[C4] an async one is not run, and the stack of the error leads to the call', async () => {
      const store = await openSample({ driver, memory: true })
      const commit = store.commit.bind(store) as (callback: (tx: SampleTx) => unknown) => Promise<unknown>
      let runs = 0
      async function saveLater(): Promise<void> {
        runs += 1
        await Promise.resolve()
      }
      function callHere(): Promise<unknown> {
        return commit(saveLater)
      }
      const error = await failureOf(callHere())
      expect(error).toMatchObject({ code: 'COMMIT_CALLBACK_ASYNC' })
      expect(error.message).toMatch(/^The callback "saveLater" of a commit is async; it was not run\./)
      expect(error.stack).toMatch(/at callHere .*callback\.test\.ts/)
      expect(runs).toBe(0)
    })

    test('[C4] one that goes on after it has answered with a promise meets a tx that has ended', async () => {
      const store = await openSample({ driver, memory: true })
      const later = Promise.withResolvers<string>()
      const commit = (store.commit.bind(store) as (callback: (tx: SampleTx) => unknown) => Promise<unknown>)((tx) =>
        Promise.resolve().then(() => later.resolve(codeOf(outcome(() => tx.title.set('t'))))),
      )
      expect(await outcomeOf(commit)).toBe('COMMIT_CALLBACK_ASYNC')
      expect(await later.promise).toBe('TX_ENDED')
      expect(store.title.get()).toBeUndefined()
    })

    test('[C4] inside it the store’s own reads and commits throw, and the commit can go on', async () => {
      const store = await openSample({ driver, memory: true })
      const { value } = await store.commit((tx) => {
        tx.title.set('t')
        return [
          outcome(() => store.title.get()),
          outcome(() => store.hosts.find()),
          outcome(() => store.commit(() => 1)),
          outcome(() => store.cursor),
        ]
      })
      expect(value).toEqual(['COMMIT_NESTED', 'COMMIT_NESTED', 'COMMIT_NESTED', 'COMMIT_NESTED'])
      expect(store.title.get()).toBe('t')
    })

    test('[C4] getters of its value are still inside it', async () => {
      const store = await openSample({ driver, memory: true })
      const nested: unknown[] = []
      const value = {
        get then() {
          nested.push(outcome(() => store.commit((tx) => tx.title.set('leak'))))
          nested.push(outcome(() => store.title.get()))
          return undefined
        },
      }
      const recorded = {
        get a() {
          nested.push(outcome(() => store.commit((tx) => tx.title.set('leak'))))
          return 1
        },
      }
      await store.commit((tx) => {
        tx.counter.set(1)
        return value
      })
      expect((await store.commit(() => recorded, { id: 'recorded' })).value).toEqual({ a: 1 })
      expect(nested).toEqual(['COMMIT_NESTED', 'COMMIT_NESTED', 'COMMIT_NESTED'])
      expect([store.title.get(), store.counter.get()]).toEqual([undefined, 1])
    })

    test('[C4] a tx kept after its commit refuses everything, in later commits too', async () => {
      const store = await openSample({ driver, memory: true })
      const kept: SampleTx[] = []
      await store.commit((tx) => kept.push(tx))
      const uses = (): unknown[] =>
        kept.flatMap((tx) => [
          outcome(() => tx.title.get()),
          outcome(() => tx.title.set('late')),
          outcome(() => tx.hosts.put(host('1'))),
          outcome(() => tx.hosts.find()),
          outcome(() => tx.lines.append('late')),
          outcome(() => tx.lines.read()),
        ])
      const ended = Array.from({ length: 6 }, () => 'TX_ENDED')
      expect(uses()).toEqual(ended)
      expect((await store.commit(() => uses())).value).toEqual(ended)
      expect(store.health().revision).toBe(0)
    })

    test('[C4] a kind of a tx kept after its commit refuses as well, also where the commit failed', async () => {
      const store = await openSample({ driver, memory: true })
      let hosts: SampleTx['hosts'] | undefined
      await outcomeOf(
        store.commit((tx) => {
          hosts = tx.hosts
          throw new Error('no')
        }),
      )
      expect(outcome(() => hosts?.put(host('1')))).toBe('TX_ENDED')
      expect(outcome(() => hosts?.delete('1'))).toBe('TX_ENDED')
    })

    test('[C4] a wrong callback or option rejects at once with a TypeError, and runs nothing', async () => {
      const store = await openSample({ driver, memory: true })
      const commit = store.commit.bind(store) as (callback: unknown, options?: unknown) => Promise<unknown>
      for (const callback of [undefined, null, 'f', {}]) expect(await failureOf(commit(callback))).toBeInstanceOf(TypeError)
      const wrong = [{ lable: 'x' }, { label: 1 }, { durability: 'disk' }, [], 'label', { durability: 'memory' }]
      for (const options of wrong) {
        expect(await failureOf(commit((tx: SampleTx) => tx.title.set('t'), options))).toBeInstanceOf(TypeError)
      }
      expect((await failureOf(commit(() => 1, { lable: 'x' }))).message).toContain('did you mean "label"?')
      expect(store.title.get()).toBeUndefined()
    })

    test('[C7] options are read at the call: what becomes of them later changes nothing', async () => {
      const store = await openSample({ driver, memory: true })
      const options = { id: 'a', label: 'first' }
      const first = store.commit((tx) => {
        tx.title.set('1')
        return 'first'
      }, options)
      Object.assign(options, { id: 'b', label: 'second' })
      const second = store.commit((tx) => {
        tx.counter.set(2)
        return 'second'
      }, options)
      expect([(await first).value, (await second).value]).toEqual(['first', 'second'])
      expect([store.why('title')?.label, store.why('counter')?.label]).toEqual(['first', 'second'])
    })
  })

  test('[C5] a loop of commits, each begun when the one before is acknowledged, lets the event loop turn', async () => {
    const store = await openSample({ driver, durability: 'process' })
    let isOver = false
    let commits = 0
    const loop = async (): Promise<void> => {
      while (!isOver) {
        commits += 1
        await store.commit((tx) => tx.counter.set(commits))
      }
    }
    const loops = [loop(), loop(), loop()]
    let turns = 0
    const controller = new AbortController()
    const timers = [setInterval(() => turns++, 1), setTimeout(() => controller.abort(), 300)]
    await once(controller.signal, 'abort')
    isOver = true
    await Promise.all(loops)
    for (const timer of timers) clearInterval(timer)
    expect(commits).toBeGreaterThan(50)
    expect(turns).toBeGreaterThan(15)
    await nextTurn()
  })
})
