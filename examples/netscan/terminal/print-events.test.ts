import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../holdfast.ts'
import { ScanRecorder } from '../scan/scan-recorder.ts'
import { type NetscanStore, netscan } from '../state.ts'
import { type PrintOptions, printEvents } from './print-events.ts'

const isEnough: PrintOptions['isEnough'] = (scan) => scan?.state === 'finished'
const { signal } = new AbortController()

async function openEmpty(): Promise<NetscanStore> {
  const store = await openStore(netscan, { memory: true })
  onTestFinished(() => store.close())
  return store
}

async function startScan(store: NetscanStore): Promise<ScanRecorder> {
  const request = { target: 't', addresses: ['10.0.0.1'], hostNames: [], scanner: 'connect', ports: '1-100', versions: false } as const
  return ScanRecorder.start(store, 'a', request)
}

async function settle(recorder: ScanRecorder, settled: number): Promise<void> {
  await recorder.record({ type: 'host', address: '10.0.0.1', status: 'up', reason: '\u001b[2Jhm', settled, open: [] })
}

/** What is printed, without the time. */
async function print(store: NetscanStore, after: string | undefined, meanwhile: () => Promise<void>): Promise<string[]> {
  const output = new PassThrough()
  const printed = printEvents(store, output, { after, signal, isEnough })
  await meanwhile()
  await printed
  output.end()
  return (await text(output)).split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\d  /, ''))
}

test('history first, then a line that says so, then live; nothing twice', async () => {
  const store = await openEmpty()
  await store.commit((tx) => tx.topology.set({ hostname: 'reef', platform: 'linux', interfaces: [], routes: [] }))
  const recorder = await startScan(store)
  const lines = await print(store, undefined, async () => {
    for (const settled of [5, 11, 12, 60]) await settle(recorder, settled)
    await recorder.finish()
  })
  expect(lines).toEqual([
    '#1      machine  reef · linux · no gateway · 0 routes',
    '#2      info     scan of t started: 1 address, 100 ports each',
    '— that was the history; from here on live —',
    '#3      found    10.0.0.1 is up (hm)',
    '#4      progress 10 %, 11 of 100 ports',
    '#6      progress 60 %, 60 of 100 ports',
    '#7      info     scan of t finished: 1 host up, 0 open ports',
    '',
  ])
})

test('from a cursor on, only what is new', async () => {
  const store = await openEmpty()
  const recorder = await startScan(store)
  const { cursor } = store
  const lines = await print(store, cursor, () => recorder.finish())
  expect(lines).toEqual(['#2      info     scan of t finished: 0 hosts up, 0 open ports', ''])
})

test('a store without history says at once that it is live', async () => {
  const store = await openEmpty()
  const lines = await print(store, undefined, async () => (await startScan(store)).finish())
  expect(lines[0]).toBe('— that was the history; from here on live —')
})
