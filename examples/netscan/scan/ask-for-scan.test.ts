import { expect, onTestFinished, test } from 'vitest'
import { readArguments } from '../arguments.ts'
import { openStore } from '../holdfast.ts'
import { cancelJob } from '../jobs.ts'
import { type NetscanStore, netscan } from '../state.ts'
import { askForScan, enqueueScan } from './ask-for-scan.ts'
import { forgetFindings } from './forget-findings.ts'
import { takeUp } from './take-up.ts'

async function openEmpty(): Promise<NetscanStore> {
  const store = await openStore(netscan, { memory: true })
  onTestFinished(() => store.close())
  return store
}

const ask = (store: NetscanStore, ...args: string[]): ReturnType<typeof askForScan> => askForScan(store, readArguments(args))

test('[J7] a target is scanned by one scan at a time, however it is asked for', async () => {
  const store = await openEmpty()
  const input = { target: 'Nas.lan', versions: false }
  const { value } = await store.commit((tx) => [enqueueScan(tx, input), enqueueScan(tx, { ...input, target: 'nas.LAN', ports: '22' })])
  expect(value).toEqual([
    { id: value[0]?.id, isNew: true },
    { id: value[0]?.id, isNew: false },
  ])
  expect(await ask(store, '--target', 'Nas.lan')).toMatchObject({ isNew: false })
  expect(await ask(store, '--target', '10.0.0.1')).toMatchObject({ isNew: true })
})

test('a start without a wish goes on with what is under way, or else scans this machine', async () => {
  const store = await openEmpty()
  const first = await ask(store)
  expect(store.scans.get(first.id)?.input).toEqual({ target: 'loopback', versions: false })
  expect(await ask(store)).toEqual({ id: first.id, isNew: false })
  await store.commit((tx) => cancelJob(tx, 'scans', first.id))
  expect(await ask(store)).toMatchObject({ isNew: true })
})

test('a scan that failed last is tried again; one that ended well is not', async () => {
  const store = await openEmpty()
  const failing = { target: '10.0.0.1', versions: false }
  const worker = store.scans.work(() => Promise.reject(new Error('no luck')))
  const { id } = await store.scans.enqueue(failing, { key: failing.target, attempts: 1 })
  await store.scans.wait(id)
  await worker.stop()
  expect((await ask(store, '--target', '10.0.0.2')).id).not.toBe(id)
  expect(await ask(store, '--target', '10.0.0.1')).toEqual({ id, isNew: false })
  const { finish } = await takeUp(store, { target: '10.0.0.1' })
  await finish()
  expect(await ask(store, '--target', '10.0.0.1')).toMatchObject({ isNew: true })
})

test('what a scan has found is forgotten along with it', async () => {
  const store = await openEmpty()
  const { id, finish } = await takeUp(store, { target: '10.0.0.0/30', ports: '1' })
  await finish()
  const left = { scanId: 'gone', address: 'x', names: [], status: 'up', reason: '', settled: 0, open: [] } as const
  await store.commit((tx) => {
    for (const number of [1, 2, 3]) tx.findings.put({ ...left, id: `gone/${number}` })
    tx.findings.put({ ...left, id: 'zzz/1', scanId: 'zzz' })
  })
  await forgetFindings(store)
  expect(store.findings.find().items.map((finding) => finding.scanId)).toEqual(Array.from({ length: 4 }, () => id))
})
