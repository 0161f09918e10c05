import { expect, onTestFinished, test } from 'vitest'
import { readArguments } from '../arguments.ts'
import { openStore } from '../holdfast.ts'
import { type NetscanStore, netscan } from '../state.ts'
import { beginRequested, beginScan, readWish } from './begin-scan.ts'

async function openEmpty(): Promise<NetscanStore> {
  const store = await openStore(netscan, { memory: true })
  onTestFinished(() => store.close())
  return store
}

/** A name that no server of names may know (RFC 6761). */
const unknown = { id: 'a', target: 'nobody.invalid' }

test('a request for a name that nobody knows ends as a scan that failed', async () => {
  const store = await openEmpty()
  await store.commit((tx) => tx.request.set(unknown))
  expect(await beginRequested(store, unknown)).toBeUndefined()
  expect(store.request.get()).toBeUndefined()
  expect(store.scan.get()).toMatchObject({ id: 'a', target: 'nobody.invalid', state: 'failed', probes: { done: 0 } })
  expect(store.scan.get()?.failure).toMatch(/^The name "nobody\.invalid" was not found \(E[A-Z_]+\)\.$/)
})

test('a request that came meanwhile is kept', async () => {
  const store = await openEmpty()
  await store.commit((tx) => tx.request.set(unknown))
  const begun = beginRequested(store, unknown)
  await store.commit((tx) => tx.request.set({ id: 'b', target: '127.0.0.1' }))
  await begun
  expect(store.request.get()).toMatchObject({ id: 'b' })
})

test('there is nothing to go on with after a scan that could not begin', async () => {
  const store = await openEmpty()
  await beginRequested(store, unknown)
  const { scan } = await beginScan(store, await readWish(readArguments([])))
  expect(scan).toMatchObject({ target: 'loopback', state: 'running', run: 1 })
})
