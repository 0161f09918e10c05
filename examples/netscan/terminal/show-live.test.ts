import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../holdfast.ts'
import { takeUp } from '../scan/take-up.ts'
import { type NetscanStore, netscan } from '../state.ts'
import { showLive } from './show-live.ts'

async function openEmpty(): Promise<NetscanStore> {
  const store = await openStore(netscan, { memory: true })
  onTestFinished(() => store.close())
  return store
}

function makeTerminal(rows: number): PassThrough & { columns: number; rows: number } {
  return Object.assign(new PassThrough({ encoding: 'utf8' }), { columns: 80, rows })
}

/** The text of the last frame. */
function lastFrame(terminal: PassThrough): string {
  return String(terminal.read()).split('\u001b[?2026h').at(-1) ?? ''
}

test('it is shown until it is enough; the last frame is whole and nothing is left running', async () => {
  const store = await openEmpty()
  const terminal = makeTerminal(8)
  const { id, recorder, finish } = await takeUp(store)
  const { signal } = new AbortController()
  const shown = showLive(store, terminal, { signal, isEnough: (scans) => scans.get(id)?.state === 'completed' })
  const open = [{ port: 7, service: 'echo\u001b[2J', product: '' }]
  await recorder.record({ type: 'host', address: '10.0.0.1', status: 'up', reason: 'answered', settled: 100, open })
  await finish()
  await shown
  const frame = lastFrame(terminal)
  for (const text of ['100 of 100 ports', '10.0.0.1', 'echo', 'finished: 1 host up, 1 open port']) expect(frame).toContain(text)
  expect(frame).not.toContain('\u001b[2J')
  expect(terminal.listenerCount('resize')).toBe(0)
})

test('a signal ends it, and so does the store when it closes', async () => {
  const store = await openEmpty()
  const stop = new AbortController()
  const [first, second] = [makeTerminal(24), makeTerminal(24)]
  const isEnough = (): boolean => false
  const stopped = showLive(store, first, { signal: stop.signal, isEnough })
  const open = showLive(store, second, { signal: new AbortController().signal, isEnough })
  stop.abort()
  await stopped
  await once(second, 'readable')
  await store.close()
  await open
  expect(lastFrame(second)).toContain('no scan yet')
})
