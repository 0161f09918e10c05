import { expect, onTestFinished, test } from 'vitest'
import { cancelJob, retryJob } from '../jobs.ts'
import { openStore } from '../holdfast.ts'
import { type NetscanStore, netscan } from '../state.ts'
import type { HostStep } from './scanner.ts'
import { takeUp } from './take-up.ts'

const block = { target: '10.0.0.0/31', ports: '22,80,8000-8007' }

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

function texts(store: NetscanStore, id?: string): string[] {
  const lines = store.console.read(id === undefined ? {} : { stream: id })
  return lines.map((line) => `${line.value.level}: ${line.value.text}`)
}

/** Waits until a scan is as asked. */
async function when(
  store: NetscanStore,
  id: string,
  is: (scan: NonNullable<ReturnType<NetscanStore['scans']['get']>>) => boolean,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = (): void => {
    const scan = store.scans.get(id)
    if (scan && is(scan)) resolve()
  }
  const stop = store.scans.watch(look)
  look()
  await promise
  stop()
}

test('a step is one commit: host, port, log lines and, for the scanner alone, the place to go on from', async () => {
  const store = await openEmpty()
  const { id, recorder } = await takeUp(store, block)
  await when(store, id, ({ progress }) => progress?.plan !== undefined)
  const { cursor } = store
  await recorder.record(step('10.0.0.1', { settled: 2, open: [ssh] }))
  for await (const commit of store.follow({ after: cursor })) {
    expect(commit.changes.map((change) => change.kind).toSorted()).toEqual(['console', 'console', 'hosts', 'ports'])
    break
  }
  expect(store.findings.get(`${id}/10.0.0.1`)).toMatchObject({ scanId: id, status: 'up', settled: 2, open: [ssh] })
  expect(store.ports.get('10.0.0.1/tcp/22')).toMatchObject({ state: 'open', service: 'ssh' })
  await when(store, id, ({ progress }) => progress?.done === 2)
  expect(store.scans.get(id)?.progress).toMatchObject({
    phase: 'scanning',
    done: 2,
    total: 20,
    up: 1,
    open: 1,
    message: '2 addresses to go',
  })
  expect(texts(store, id)).toEqual([
    'info: scan of 10.0.0.0/31 started: 2 addresses, 10 ports each',
    'found: 10.0.0.1 is up (answered)',
    'found: 10.0.0.1 port 22 is open (ssh, OpenSSH 9.2)',
  ])
})

test('a host that is down is done with all its ports; the result is there with the last line', async () => {
  const store = await openEmpty()
  const { id, recorder, finish } = await takeUp(store, block)
  await recorder.record(step('10.0.0.0', { status: 'down', reason: 'no answer', settled: 2 }))
  await recorder.record(step('10.0.0.1', { settled: 10, open: [ssh, http] }))
  expect(await finish()).toMatchObject({
    state: 'completed',
    progress: { done: 20, total: 20 },
    result: { up: 1, down: 1, open: 2 },
  })
  expect(store.hosts.get('10.0.0.0')).not.toHaveProperty('lastSeenAt')
  expect(texts(store, id).at(-1)).toBe('info: scan of 10.0.0.0/31 finished: 1 host up, 2 open ports')
})

test('a scan that was stopped goes on where the last kept step left it', async () => {
  const store = await openEmpty()
  const first = await takeUp(store, block)
  await first.recorder.record(step('10.0.0.1', { settled: 4, open: [ssh] }))
  await first.stop()
  expect(store.scans.get(first.id)).toMatchObject({ state: 'queued', reason: 'stopped' })
  const second = await takeUp(store, block)
  expect(second.id).toBe(first.id)
  expect(second.recorder.plan.pending).toEqual([
    { address: '10.0.0.1', settled: 4 },
    { address: '10.0.0.0', settled: 0 },
  ])
  expect(second.recorder.plan.ports.slice(0, 3)).toEqual([22, 80, 8000])
  expect(texts(store).at(-1)).toBe('info: scan of 10.0.0.0/31 was stopped at 20 %; going on')
})

test('[J1] an attempt that fails is made again, from there, and says why', async () => {
  const store = await openEmpty()
  const first = await takeUp(store, block)
  await first.recorder.record(step('10.0.0.1', { settled: 4, open: [ssh] }))
  first.fail(new Error('nmap was ended by SIGSEGV'))
  await when(store, first.id, ({ state }) => state === 'queued')
  await first.stop()
  expect(store.scans.get(first.id)).toMatchObject({ reason: 'retrying', error: { message: 'nmap was ended by SIGSEGV' } })
  const second = await takeUp(store, block)
  expect(second.recorder.plan.pending[0]).toEqual({ address: '10.0.0.1', settled: 4 })
  expect(store.scans.get(first.id)).toMatchObject({ state: 'running', attempt: 2 })
  expect(texts(store).at(-1)).toBe('info: scan of 10.0.0.0/31 failed at 20 %; going on')
})

test('[J5] a scan that was cancelled keeps nothing more, and goes on from there when it is asked for again', async () => {
  const store = await openEmpty()
  const first = await takeUp(store, block)
  await first.recorder.record(step('10.0.0.1', { settled: 4, open: [ssh] }))
  await store.commit((tx) => cancelJob(tx, 'scans', first.id))
  await expect(first.recorder.record(step('10.0.0.1', { settled: 10, open: [http] }))).rejects.toMatchObject({ code: 'LEASE_LOST' })
  await first.stop()
  expect(store.scans.get(first.id)).toMatchObject({ state: 'cancelled' })
  expect(store.ports.count()).toBe(1)
  expect(texts(store).at(-1)).toBe('warning: scan of 10.0.0.0/31 cancelled')
  expect((await store.commit((tx) => [retryJob(tx, 'scans', first.id), retryJob(tx, 'scans', first.id)])).value).toEqual([true, false])
  const second = await takeUp(store, block)
  expect([second.id, second.recorder.plan.pending[0]]).toEqual([first.id, { address: '10.0.0.1', settled: 4 }])
})

test('[X27] two scans at once keep what they found and their lines apart, and one history of the hosts', async () => {
  const store = await openEmpty()
  const one = await takeUp(store, block)
  const two = await takeUp(store, { target: '10.0.0.1', ports: '80,22' })
  await one.recorder.record(step('10.0.0.1', { settled: 10, open: [ssh] }))
  await two.recorder.record(step('10.0.0.1', { settled: 2, open: [ssh, http] }))
  expect(store.findings.get(`${one.id}/10.0.0.1`)?.open).toEqual([ssh])
  expect(store.findings.get(`${two.id}/10.0.0.1`)?.open).toEqual([ssh, http])
  expect(texts(store, one.id).slice(1)).toEqual(['found: 10.0.0.1 is up (answered)', 'found: 10.0.0.1 port 22 is open (ssh, OpenSSH 9.2)'])
  expect(texts(store, two.id).slice(1)).toEqual([
    'info: 10.0.0.1 is up (answered)',
    'info: 10.0.0.1 port 22 is still open (ssh, OpenSSH 9.2)',
    'found: 10.0.0.1 port 80 is open (http)',
  ])
  expect((await two.finish()).result).toEqual({ up: 1, down: 0, open: 2 })
  expect(store.scans.get(one.id)?.state).toBe('running')
})

test('the next scan tells what is still open, what no longer is, and who is gone', async () => {
  const store = await openEmpty()
  const first = await takeUp(store, block)
  await first.recorder.record(step('10.0.0.0', { settled: 10, open: [http] }))
  await first.recorder.record(step('10.0.0.1', { settled: 10, open: [ssh, http, { port: 8007, service: '', product: '' }] }))
  await first.finish()
  const firstSeenAt = store.ports.get('10.0.0.1/tcp/22')?.firstSeenAt
  const second = await takeUp(store, { ...block, ports: '80,22' })
  await second.recorder.record(step('10.0.0.1', { settled: 2, open: [ssh] }))
  await second.recorder.record(step('10.0.0.0', { status: 'down', reason: 'no answer', settled: 2 }))
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
  const { recorder } = await takeUp(store, block)
  await recorder.record(step('10.0.0.9', { settled: 10, open: [ssh] }))
  await recorder.record(step('10.0.0.0', { status: 'down', settled: 10 }))
  await recorder.record(step('10.0.0.0', { settled: 10, open: [ssh] }))
  expect([store.hosts.count(), store.ports.count()]).toEqual([1, 0])
})

test('what the scanner is doing is shown while it runs, and warnings stay', async () => {
  const store = await openEmpty()
  const { id, recorder, finish } = await takeUp(store, block)
  await recorder.record({ type: 'activity', text: 'Connect Scan 45 %' })
  await recorder.record({ type: 'warning', text: 'nmap: slow' })
  await when(store, id, ({ progress }) => progress?.message === 'Connect Scan 45 %')
  expect((await finish()).progress?.message).toBe('')
  expect(texts(store, id)).toContain('warning: nmap: slow')
})
