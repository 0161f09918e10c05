import { describe, expect, test } from 'vitest'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { failureOf, outcomeOf } from '../support/outcome.ts'
import { openSample } from '../support/sample-state.ts'
import { openTables } from '../support/tables.ts'

eachDriver((driver) => {
  describe('a commit with an id', () => {
    test('[C7] sent again runs nothing and answers with the first outcome', async () => {
      const store = await openSample({ driver })
      const { directory } = store
      let runs = 0
      const send = (): Promise<unknown> =>
        store.commit(
          (tx) => {
            runs += 1
            return { seq: tx.lines.append('x'), at: [runs] }
          },
          { id: 'one' },
        )
      const first = await send()
      await store.commit((tx) => tx.lines.append('between'))
      expect([await send(), await send()]).toEqual([first, first])
      expect(first).toEqual({ revision: 1, changed: true, value: { seq: 1, at: [1] } })
      expect([runs, store.lines.count(), store.health().revision]).toEqual([1, 2, 2])
      await store.close()
      const again = await openSample({ driver, directory })
      expect(await again.commit(() => 'ran', { id: 'one' })).toEqual(first)
    })

    test('[C7] is recorded even when it changes nothing', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.counter.set(1))
      const first = await store.commit(() => 'nothing', { id: 'idle' })
      await store.commit((tx) => tx.counter.set(2))
      expect(await store.commit((tx) => tx.counter.set(3), { id: 'idle' })).toEqual(first)
      expect(first).toEqual({ revision: 1, changed: false, value: 'nothing' })
      expect(store.counter.get()).toBe(2)
    })

    test('[C7] sent twice at once runs once', async () => {
      const store = await openSample({ driver })
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.commit((tx) => [i, tx.lines.append('x')], { id: 'same', actor: 'ann' })),
      )
      expect(outcomes.map(({ value, revision }) => [value, revision])).toEqual(Array.from({ length: 20 }, () => [[0, 1], 1]))
      expect(store.lines.count()).toBe(1)
    })

    test('[C7] whose callback throws is not recorded: sent again, it runs', async () => {
      const store = await openSample({ driver, memory: true })
      let runs = 0
      const send = (): Promise<unknown> =>
        store.commit(
          (tx) => {
            tx.counter.set((runs += 1))
            if (runs < 3) throw new Error('not yet')
            return runs
          },
          { id: 'retried' },
        )
      expect([await outcomeOf(send()), await outcomeOf(send()), await outcomeOf(send())]).toEqual([
        'not yet',
        'not yet',
        { revision: 1, changed: true, value: 3 },
      ])
      expect(await send()).toEqual({ revision: 1, changed: true, value: 3 })
      expect(runs).toBe(3)
    })

    test('[C7] is scoped by actor; the same id for another action is ID_REUSED', async () => {
      const store = await openSample({ driver, memory: true })
      const send = (options: object): Promise<unknown> => outcomeOf(store.commit((tx) => tx.lines.append('x'), { id: 'i', ...options }))
      expect(await send({})).toMatchObject({ value: 1 })
      expect(await send({ actor: 'ann' })).toMatchObject({ value: 2 })
      expect(await send({ actor: 'bob', action: 'start' })).toMatchObject({ value: 3 })
      expect(await send({ actor: 'bob', action: 'start' })).toMatchObject({ value: 3 })
      expect(await send({ actor: 'bob', action: 'stop' })).toBe('ID_REUSED')
      expect(await send({ actor: 'ann', action: 'start' })).toBe('ID_REUSED')
      expect(store.lines.count()).toBe(3)
      const error = await failureOf(store.commit(() => 1, { id: 'i', actor: 'bob', action: 'stop' }))
      expect(error).toMatchObject({ details: { id: 'i', action: 'stop', recordedAction: 'start' } })
    })

    test('[C7] gives its value in the value domain, the first time as later', async () => {
      const store = await openSample({ driver, memory: true })
      const value = { b: 1, gone: undefined, list: [-0] }
      const first = await store.commit(() => value, { id: 'v' })
      expect(first.value).toEqual({ b: 1, list: [0] })
      expect(first.value).not.toBe(value)
      expect(await store.commit(() => value, { id: 'v' })).toEqual(first)
      for (const [i, none] of [undefined, null].entries()) {
        expect((await store.commit(() => none, { id: `none${i}` })).value).toBe(none)
        expect((await store.commit(() => 'ran', { id: `none${i}` })).value as unknown).toBe(none)
      }
    })

    test('[C7] with a value that cannot be kept is refused, and nothing of it is there', async () => {
      const store = await openSample({ driver, memory: true })
      const cases = [new Date(), new Map(), 1n, Number.NaN, 'é'.repeat(32 * 1024)]
      for (const value of cases) {
        const commit = store.commit(
          (tx) => {
            tx.title.set('t')
            return value
          },
          { id: 'kept' },
        )
        expect(await outcomeOf(commit)).toBe('VALUE_INVALID')
      }
      expect([store.title.get(), store.health().revision]).toEqual([undefined, 0])
      expect(await outcomeOf(store.commit(() => 'x'.repeat(64 * 1024 - 2), { id: 'kept' }))).toMatchObject({ changed: false })
    })

    test('[C7] lives as long as the history', async () => {
      const store = await openSample({ driver, history: { minCommits: 2, maxAgeMs: 0, maxBytes: 0 } })
      const send = (): Promise<{ value: number }> => store.commit((tx) => tx.lines.append('x'), { id: 'old' })
      expect((await send()).value).toBe(1)
      for (const count of [1, 2]) await store.commit((tx) => tx.counter.set(count))
      expect(await store.prune()).toBe(1)
      expect((await send()).value).toBe(2)
      expect((await send()).value).toBe(2)
    })

    test('[C7] [X40] an id does not make a failure a success: the error of the first try is not recorded either', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.counter.set(1))
      const send = (): Promise<unknown> => outcomeOf(store.commit((tx) => tx.counter.set(2, { expect: null }), { id: 'c' }))
      expect([await send(), await send()]).toEqual(['REVISION_CONFLICT', 'REVISION_CONFLICT'])
    })
  })

  test('[C7] without an id no row is written for a commit', async () => {
    const store = await openSample({ driver })
    const { directory } = store
    await store.commit((tx) => tx.counter.set(1), { actor: 'ann', action: 'a', label: 'l' })
    await store.commit((tx) => tx.counter.set(2), { id: 'x' })
    await take(store.follow(), 2)
    await store.close()
    const tables = await openTables(directory, driver)
    expect(tables.all('SELECT actor, id, action, revision FROM hf_request')).toEqual([['', 'x', '', 2]])
  })
})
