import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../holdfast.ts'
import { type TakenUp, takeUp } from '../scan/take-up.ts'
import { type NetscanStore, netscan } from '../state.ts'
import { type PrintOptions, printEvents } from './print-events.ts'

const isEnough: PrintOptions['isEnough'] = (scans) => [...scans.values()].some(({ state }) => state !== 'queued' && state !== 'running')
const { signal } = new AbortController()

async function openEmpty(): Promise<NetscanStore> {
  const store = await openStore(netscan, { memory: true })
  onTestFinished(() => store.close())
  return store
}

/** Resolves once the store knows how far it is, so that it is told. */
async function settle(store: NetscanStore, { id, recorder }: TakenUp, settled: number): Promise<void> {
  const told = Promise.withResolvers<void>()
  const stop = store.scans.watch(() => store.scans.get(id)?.progress?.done === settled && told.resolve())
  await recorder.record({ type: 'host', address: '10.0.0.1', status: 'up', reason: '\u001b[2Jhm', settled, open: [] })
  await told.promise
  stop()
}

/** What is printed, without the time and the revision. */
async function print(store: NetscanStore, after: string | undefined, meanwhile: () => Promise<unknown>): Promise<string[]> {
  const output = new PassThrough()
  const printed = printEvents(store, output, { after, signal, isEnough })
  await meanwhile()
  await printed
  output.end()
  return (await text(output)).split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\d  #\d+ +/, ''))
}

test('history first, then a line that says so, then live; nothing twice', async () => {
  const store = await openEmpty()
  await store.commit((tx) => tx.topology.set({ hostname: 'reef', platform: 'linux', interfaces: [], routes: [] }))
  const taken = await takeUp(store)
  const lines = await print(store, undefined, async () => {
    for (const settled of [5, 11, 12, 60]) await settle(store, taken, settled)
    await taken.finish()
  })
  expect(lines).toEqual([
    'machine  reef · linux · no gateway · 0 routes',
    'asked    scan of 10.0.0.1',
    'info     scan of 10.0.0.1 started: 1 address, 100 ports each',
    '— that was the history; from here on live —',
    'found    10.0.0.1 is up (hm)',
    'progress 10 % of the scan of 10.0.0.1, 11 of 100 ports',
    'progress 60 % of the scan of 10.0.0.1, 60 of 100 ports',
    'info     scan of 10.0.0.1 finished: 1 host up, 0 open ports',
    '',
  ])
})

test('[X29] steps that a scan cannot tell itself are told for it', async () => {
  const store = await openEmpty()
  const { cursor } = store
  const lines = await print(store, cursor, async () => {
    const input = { target: '10.0.0.1', versions: false }
    const worker = store.scans.work(() => Promise.reject(new Error('out of luck')))
    const { id } = await store.scans.enqueue(input, { attempts: 2 })
    await store.scans.wait(id)
    await worker.stop()
  })
  expect(lines.map((line) => line.replace(/\d\.\d s/, '… s'))).toEqual([
    'asked    scan of 10.0.0.1',
    'retry    scan of 10.0.0.1 in … s, attempt 2 of 2: out of luck',
    'failed   scan of 10.0.0.1: out of luck',
    '',
  ])
})

test('from a cursor on, only what is new', async () => {
  const store = await openEmpty()
  const { finish } = await takeUp(store)
  const { cursor } = store
  const lines = await print(store, cursor, finish)
  expect(lines).toEqual(['info     scan of 10.0.0.1 finished: 0 hosts up, 0 open ports', ''])
})

test('a store without history says at once that it is live', async () => {
  const store = await openEmpty()
  const lines = await print(store, undefined, async () => (await takeUp(store)).finish())
  expect(lines[0]).toBe('— that was the history; from here on live —')
})
