import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../holdfast.ts'
import { type NetscanStore, netscan } from '../state.ts'
import { ScanRecorder, ScanReplacedError, type ScanRequest } from './scan-recorder.ts'
import type { HostStep } from './scanner.ts'

const request: ScanRequest = {
  target: '10.0.0.0/31',
  addresses: ['10.0.0.0', '10.0.0.1'],
  hostNames: [],
  scanner: 'connect',
  ports: '22,80,8000-8007',
  versions: false,
}

async function openEmpty(): Promise<NetscanStore> {
  const store = await openStore(netscan, { memory: true })
  onTestFinished(() => store.close())
  return store
}

function step(address: string, fields: Partial<HostStep>): HostStep {
  return { type: 'host', address, status: 'up', reason: 'answered', settled: 0, open: [], ...fields }
}

const ssh = { port: 22, service: 'ssh', product: 'OpenSSH 9.2' }
const http = { port: 80, service: 'http', product: '' }

function texts(store: NetscanStore): string[] {
  return store.console.read().map((line) => `${line.value.level}: ${line.value.text}`)
}

test('a step is one commit: host, port, log lines and the place to go on from', async () => {
  const store = await openEmpty()
  const recorder = await ScanRecorder.start(store, 'a', request)
  const { cursor } = store
  await recorder.record(step('10.0.0.1', { settled: 2, open: [ssh] }))
  for await (const commit of store.follow({ after: cursor })) {
    expect(commit.changes.map((change) => change.kind).toSorted()).toEqual(['console', 'console', 'hosts', 'ports', 'scan'])
    break
  }
  expect(store.scan.get()).toMatchObject({
    pending: [{ address: '10.0.0.1', settled: 2 }, { address: '10.0.0.0' }],
    probes: { done: 2, total: 20 },
  })
  expect(store.ports.get('10.0.0.1/tcp/22')).toMatchObject({ state: 'open', service: 'ssh' })
  expect(texts(store)).toEqual([
    'info: scan of 10.0.0.0/31 started: 2 addresses, 10 ports each',
    'found: 10.0.0.1 is up (answered)',
    'found: 10.0.0.1 port 22 is open (ssh, OpenSSH 9.2)',
  ])
})

test('a host that is down is done with all its ports; a finished scan has nothing pending', async () => {
  const store = await openEmpty()
  const recorder = await ScanRecorder.start(store, 'a', request)
  await recorder.record(step('10.0.0.0', { status: 'down', reason: 'no answer', settled: 2 }))
  await recorder.record(step('10.0.0.1', { settled: 10, open: [ssh, http] }))
  expect(store.scan.get()).toMatchObject({ pending: [], probes: { done: 20, total: 20 } })
  await recorder.finish()
  expect(store.scan.get()?.state).toBe('finished')
  expect(store.hosts.get('10.0.0.0')).not.toHaveProperty('lastSeenAt')
  expect(texts(store).at(-1)).toBe('info: scan of 10.0.0.0/31 finished: 1 host up, 2 open ports')
})

test('a scan that was interrupted goes on where the last kept step left it', async () => {
  const store = await openEmpty()
  const first = await ScanRecorder.start(store, 'a', request)
  await first.record(step('10.0.0.1', { settled: 4, open: [ssh] }))
  await first.interrupt('stopped by the user')
  expect(store.scan.get()?.state).toBe('interrupted')
  const second = await ScanRecorder.resume(store, 'a', 'nmap')
  expect(second.scan).toMatchObject({ state: 'running', run: 2, scanner: 'nmap' })
  expect(second.plan.pending).toEqual([
    { address: '10.0.0.1', settled: 4 },
    { address: '10.0.0.0', settled: 0 },
  ])
  expect(second.plan.ports.slice(0, 3)).toEqual([22, 80, 8000])
  expect(texts(store).slice(-2)).toEqual([
    'warning: scan interrupted at 20 %: stopped by the user',
    'info: scan of 10.0.0.0/31 was interrupted at 20 %; going on',
  ])
})

test('a scan that failed says why, and a second try goes on from there', async () => {
  const store = await openEmpty()
  const first = await ScanRecorder.start(store, 'a', request)
  await first.record(step('10.0.0.1', { settled: 4, open: [ssh] }))
  await first.record({ type: 'activity', text: 'Connect Scan 45 %' })
  await first.fail('nmap was ended by SIGSEGV')
  expect(store.scan.get()).toMatchObject({ state: 'failed', failure: 'nmap was ended by SIGSEGV', probes: { done: 4 } })
  expect(store.scan.get()).not.toHaveProperty('activity')
  const second = await ScanRecorder.resume(store, 'a', 'connect')
  expect(second.scan).toMatchObject({ state: 'running', pending: [{ settled: 4 }, { settled: 0 }] })
  expect(second.scan).not.toHaveProperty('failure')
  expect(texts(store).slice(-2)).toEqual([
    'warning: scan failed at 20 %: nmap was ended by SIGSEGV',
    'info: scan of 10.0.0.0/31 failed at 20 %; going on',
  ])
})

test('a scan that cannot begin is on record with the reason, in place of the request for it, in one commit', async () => {
  const store = await openEmpty()
  await store.commit((tx) => tx.request.set({ id: 'a', target: 'nas.invalid' }))
  const { revision } = store.health()
  const { addresses: _, ...rest } = request
  await ScanRecorder.failToStart(store, 'a', { ...rest, target: 'nas.invalid', failure: 'not found' })
  expect(store.health().revision).toBe(revision + 1)
  expect(store.request.get()).toBeUndefined()
  expect(store.scan.get()).toMatchObject({ id: 'a', target: 'nas.invalid', state: 'failed', failure: 'not found', pending: [] })
  expect(texts(store)).toEqual(['warning: scan of nas.invalid not started: not found'])
})

test('a scan takes the place of the request for it, and of no later one', async () => {
  const store = await openEmpty()
  await store.commit((tx) => tx.request.set({ id: 'a', target: '10.0.0.1' }))
  await ScanRecorder.start(store, 'a', request)
  expect(store.request.get()).toBeUndefined()
  await store.commit((tx) => tx.request.set({ id: 'c', target: '10.0.0.1' }))
  await ScanRecorder.start(store, 'b', request)
  expect(store.request.get()).toMatchObject({ id: 'c' })
})

test('whoever was replaced keeps nothing more', async () => {
  const store = await openEmpty()
  const first = await ScanRecorder.start(store, 'a', request)
  const second = await ScanRecorder.resume(store, 'a', 'connect')
  const { revision } = await store.commit(() => undefined)
  await expect(first.record(step('10.0.0.1', { settled: 4, open: [ssh] }))).rejects.toBeInstanceOf(ScanReplacedError)
  await expect(first.finish()).rejects.toBeInstanceOf(ScanReplacedError)
  expect((await store.commit(() => undefined)).revision).toBe(revision)
  expect(store.ports.count()).toBe(0)
  await ScanRecorder.start(store, 'b', request)
  await expect(second.record(step('10.0.0.1', { settled: 4 }))).rejects.toBeInstanceOf(ScanReplacedError)
  await expect(ScanRecorder.resume(store, 'a', 'connect')).rejects.toBeInstanceOf(ScanReplacedError)
  expect(texts(store)).toContain('warning: scan given up at 0 %, for one of 10.0.0.0/31')
})

test('the next scan tells what is still open, what no longer is, and who is gone', async () => {
  const store = await openEmpty()
  const first = await ScanRecorder.start(store, 'a', request)
  await first.record(step('10.0.0.0', { settled: 10, open: [http] }))
  await first.record(step('10.0.0.1', { settled: 10, open: [ssh, http, { port: 8007, service: '', product: '' }] }))
  await first.finish()
  const firstSeenAt = store.ports.get('10.0.0.1/tcp/22')?.firstSeenAt
  const second = await ScanRecorder.start(store, 'b', { ...request, ports: '80,22' })
  await second.record(step('10.0.0.1', { settled: 2, open: [ssh] }))
  await second.record(step('10.0.0.0', { status: 'down', reason: 'no answer', settled: 2 }))
  expect(texts(store).slice(-4)).toEqual([
    'info: 10.0.0.1 is up (answered)',
    'info: 10.0.0.1 port 22 is still open (ssh, OpenSSH 9.2)',
    'lost: 10.0.0.1 port 80 is no longer open',
    'lost: 10.0.0.0 is down now (no answer)',
  ])
  expect(store.ports.get('10.0.0.1/tcp/22')?.firstSeenAt).toBe(firstSeenAt)
  // Not looked at by the second scan, so nothing is said about it.
  expect(store.ports.get('10.0.0.1/tcp/8007')?.state).toBe('open')
})

test('a host that is not part of the scan, or done already, is passed over', async () => {
  const store = await openEmpty()
  const recorder = await ScanRecorder.start(store, 'a', request)
  await recorder.record(step('10.0.0.9', { settled: 10, open: [ssh] }))
  expect([store.hosts.count(), store.ports.count(), store.scan.get()?.probes.done]).toEqual([0, 0, 0])
})

test('what the scanner is doing is shown while it runs, and warnings stay', async () => {
  const store = await openEmpty()
  const recorder = await ScanRecorder.start(store, 'a', request)
  await recorder.record({ type: 'activity', text: 'Connect Scan 45 %' })
  await recorder.record({ type: 'warning', text: 'nmap: slow' })
  expect(store.scan.get()?.activity).toBe('Connect Scan 45 %')
  await recorder.finish()
  expect(store.scan.get()).not.toHaveProperty('activity')
  expect(texts(store)).toContain('warning: nmap: slow')
})
