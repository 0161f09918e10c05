import { expect, test } from 'vitest'
import { eachDriver } from '../support/drivers.ts'
import { failureOf, outcome, outcomeOf } from '../support/outcome.ts'
import { host, openSample, type Sample } from '../support/sample-state.ts'

type SampleTx = Parameters<Parameters<Sample['commit']>[0]>[0]

const update = (tx: SampleTx, expect: number | null): void => tx.hosts.update('1', (there) => ({ ...there, status: 'new' }), { expect })

/** Every write that may state what it expects, on the record `hosts` '1' and the document `counter`. */
const writes: { readonly [what: string]: (tx: SampleTx, expect: number | null) => unknown } = {
  put: (tx, expect) => tx.hosts.put(host('1', 'new'), { expect }),
  update,
  delete: (tx, expect) => tx.hosts.delete('1', { expect }),
  set: (tx, expect) => tx.counter.set(9, { expect }),
  'update of a document': (tx, expect) => tx.counter.update(() => 9, { expect }),
  'delete of a document': (tx, expect) => tx.counter.delete({ expect }),
}

eachDriver((driver) => {
  test.each(Object.entries(writes))('[C6] %s with the revision that is there is applied', async (_, write) => {
    const store = await openSample({ driver, memory: true })
    await store.commit((tx) => {
      tx.hosts.put(host('1'))
      tx.counter.set(1)
    })
    expect(await store.commit((tx) => write(tx, 1))).toMatchObject({ revision: 2, changed: true })
  })

  test.each(Object.entries(writes))('[C6] %s with another revision fails, and nothing of its commit is applied', async (_, write) => {
    const store = await openSample({ driver, memory: true })
    await store.commit((tx) => {
      tx.hosts.put(host('1'))
      tx.counter.set(1)
    })
    for (const wrong of [0, 2, 99, null]) {
      const error = await failureOf(
        store.commit((tx) => {
          tx.title.set('other')
          tx.lines.append('other')
          write(tx, wrong)
        }),
      )
      expect(error).toMatchObject({ code: 'REVISION_CONFLICT', details: { expected: wrong, actual: 1 } })
    }
    expect([store.hosts.get('1'), store.counter.get(), store.title.get(), store.lines.count()]).toEqual([host('1'), 1, undefined, 0])
    expect(store.health().revision).toBe(1)
  })

  test.each(Object.entries(writes))('[C6] %s of what does not exist fails unless it expects that', async (_, write) => {
    const store = await openSample({ driver, memory: true })
    expect(await failureOf(store.commit((tx) => write(tx, 1)))).toMatchObject({
      code: 'REVISION_CONFLICT',
      details: { expected: 1, actual: null },
    })
    const wanted = write === update ? 'KEY_MISSING' : expect.objectContaining({ value: expect.toSatisfy(() => true) })
    expect(await outcomeOf(store.commit((tx) => write(tx, null)))).toEqual(wanted)
  })

  test('[C6] of two that expect the same revision, in one group, one is applied', async () => {
    const store = await openSample({ driver, memory: true })
    await store.commit((tx) => tx.hosts.put(host('1')))
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((status) => outcomeOf(store.commit((tx) => tx.hosts.put(host('1', status), { expect: 1 })))),
    )
    expect(outcomes).toMatchObject([{ revision: 2 }, 'REVISION_CONFLICT', 'REVISION_CONFLICT'])
    expect(store.hosts.get('1')).toEqual(host('1', 'a'))
  })

  test('[C6] a record that was changed and changed back is still at the revision that last wrote it', async () => {
    const store = await openSample({ driver, memory: true })
    await store.commit((tx) => tx.counter.set(1))
    await store.commit((tx) => {
      tx.counter.set(2)
      tx.counter.set(1)
    })
    expect(await store.commit((tx) => tx.counter.set(3, { expect: 1 }))).toMatchObject({ revision: 2 })
    await store.commit((tx) => tx.counter.set(1))
    expect(await outcomeOf(store.commit((tx) => tx.counter.set(4, { expect: 1 })))).toBe('REVISION_CONFLICT')
  })

  test('[C6] a conflict may be caught inside the commit, which then goes on without that write', async () => {
    const store = await openSample({ driver, memory: true })
    await store.commit((tx) => tx.counter.set(1))
    const { value } = await store.commit((tx) => {
      const conflict = outcome(() => tx.counter.set(2, { expect: 7 }))
      tx.title.set('went on')
      return conflict
    })
    expect([value, store.counter.get(), store.title.get()]).toEqual(['REVISION_CONFLICT', 1, 'went on'])
  })

  test('[C6] a wrong expectation is misuse, not a conflict', async () => {
    const store = await openSample({ driver, memory: true })
    for (const wrong of ['1', -1, 1.5, Number.NaN, {}]) {
      const error = await failureOf(store.commit((tx) => tx.counter.set(1, { expect: wrong as number })))
      expect(error).toBeInstanceOf(TypeError)
    }
    expect((await failureOf(store.commit((tx) => tx.counter.set(1, { expected: 1 } as object)))).message).toContain(
      'did you mean "expect"?',
    )
  })

  test('[C6] insert refuses a key that is there, and put and update need not say', async () => {
    const store = await openSample({ driver, memory: true })
    await store.commit((tx) => tx.hosts.insert(host('1')))
    expect(await failureOf(store.commit((tx) => tx.hosts.insert(host('1'))))).toMatchObject({
      code: 'KEY_EXISTS',
      details: { revision: 1 },
    })
    expect(await outcomeOf(store.commit((tx) => tx.hosts.put(host('1', 'new'))))).toMatchObject({ revision: 2 })
  })
})
