import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { host, openSample, sample } from '../support/sample-state.ts'
import { watchStatements } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const descriptors = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)

test('[X1] [X2] reading and writing a thousand times opens nothing, prepares nothing and looks at no version', async () => {
  const store = await openSample({ durability: 'process' })
  const use = async (n: number): Promise<void> => {
    await store.commit((tx) => {
      tx.counter.update((value) => (value ?? 0) + 1)
      tx.hosts.put(host(`h${n % 10}`, 'up', { seen: n }))
      tx.lines.append(`${n}`)
    })
    store.counter.get()
    store.hosts.get(`h${n % 10}`)
    store.hosts.find({ index: 'byStatus', equals: ['up'], limit: 5 })
    store.lines.read({ limit: 5 })
    store.why('counter')
  }
  await use(0)
  const open = descriptors()
  const { seen, stop } = watchStatements()
  for (let n = 1; n <= 1000; n += 1) await use(n)
  stop()
  expect(seen.prepared).toEqual([])
  expect([...seen.rows.keys()].filter((sql) => /hf_migration|hf_kind/.test(sql))).toEqual([])
  expect(descriptors()).toBe(open)
  expect(store.counter.get()).toBe(1001)
})

test('[X1] [D6] a directory that is opened again in the thread is one store with several handles', async () => {
  const directory = temporaryDirectory()
  const first = await openSample({ directory })
  const open = descriptors()
  const others = await Promise.all(Array.from({ length: 20 }, () => openStore(sample, { directory: join(directory, '.') })))
  expect(descriptors()).toBe(open)
  const [second] = others
  await second?.commit((tx) => tx.title.set('t'))
  expect(first.title.get()).toBe('t')
  const [commit] = await take(first.follow(), 1)
  expect(commit?.revision).toBe(1)
  for (const other of others) {
    await other.close()
    expect(() => other.title).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }))
  }
  await first.commit((tx) => tx.title.set('still open'))
  expect(first.title.get()).toBe('still open')
  await first.close()
  if (process.platform === 'linux') expect(descriptors()).toBeLessThan(open)
})

test('[X1] stores that are opened and closed at the same moment are what their last caller was given', async () => {
  const directory = temporaryDirectory()
  for (let round = 0; round < 5; round += 1) {
    const opening = [openStore(sample, { directory }), openStore(sample, { directory })]
    const [a, b] = await Promise.all(opening)
    const closing = a?.close()
    const again = openStore(sample, { directory })
    await b?.close()
    await closing
    const c = await again
    await c.commit((tx) => tx.counter.set(round))
    expect(c.counter.get()).toBe(round)
    const closed = c.close()
    const next = await openStore(sample, { directory })
    expect(next.counter.get()).toBe(round)
    await Promise.all([closed, next.close(), next.close()])
  }
})
