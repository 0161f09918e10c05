/** A store of version 1, made by its own declaration, opened by this one: nothing of it is lost. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, log, openStore } from './holdfast.ts'
import { ScanRecorder } from './scan/scan-recorder.ts'
import { type NetscanStore, netscan } from './state.ts'

const Host = z.object({
  ...{ address: z.string(), names: z.array(z.string()), status: z.string(), reason: z.string(), scanId: z.string() },
  lastSeenAt: z.number(),
})
const Port = z.object({
  ...{ id: z.string(), address: z.string(), port: z.number(), state: z.string(), service: z.string(), product: z.string() },
  ...{ scanId: z.string(), firstSeenAt: z.number(), lastSeenAt: z.number() },
})

/** As it was declared, as far as a store shows it: names, keys, indexes and retention. */
const version1 = defineState({
  name: 'netscan',
  version: 1,
  kinds: {
    topology: document(z.unknown()),
    scan: document(z.unknown()),
    request: document(z.unknown()),
    hosts: collection(Host, { key: 'address', indexes: { byStatus: ['status', 'lastSeenAt'], byScan: ['scanId', 'status'] } }),
    ports: collection(Port, { key: 'id', indexes: { byAddress: ['address', 'port'] } }),
    console: log(z.object({ level: z.string(), text: z.string() }), { retention: { entries: 10_000, entriesPerStream: 200 } }),
  },
})

const scan = {
  id: 'f3c0',
  target: 'Block.lan',
  hostNames: ['block.lan'],
  scanner: 'connect',
  state: 'running',
  run: 2,
  worker: { hostname: 'reef', pid: 1 },
  startedAt: 1_000,
  ports: '22,80,443',
  versions: false,
  pending: [
    { address: '10.0.0.2', settled: 1 },
    { address: '10.0.0.3', settled: 0 },
  ],
  probes: { done: 4, total: 9 },
  activity: 'looking',
}
const topology = { hostname: 'reef', platform: 'linux', interfaces: [], routes: [] }
const host = { names: ['block.lan'], reason: 'answered', lastSeenAt: 5 }
const port = { port: 22, state: 'open', service: 'ssh', product: '', scanId: 'f3c0', firstSeenAt: 1, lastSeenAt: 2 }

/** A store as version 1 left it, opened now. */
async function reopen(left: { readonly scan: object; readonly request?: object }): Promise<NetscanStore> {
  const directory = await mkdtemp(path.join(tmpdir(), 'netscan-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const before = await openStore(version1, { directory })
  await before.commit((tx) => {
    tx.topology.set(topology)
    tx.scan.set(left.scan)
    if (left.request) tx.request.set(left.request)
    for (const address of ['10.0.0.1', '10.0.0.2']) tx.hosts.put({ ...host, address, status: 'up', scanId: 'f3c0' })
    tx.hosts.put({ ...host, address: '10.9.9.9', status: 'down', scanId: 'older' })
    tx.ports.put({ ...port, id: '10.0.0.1/tcp/22', address: '10.0.0.1' })
    tx.console.append({ level: 'info', text: 'scan of Block.lan started' }, { stream: 'f3c0' })
  })
  await before.close()
  const reports: unknown[] = []
  const store = await openStore(netscan, { directory, report: (event) => reports.push(event) })
  onTestFinished(() => store.close())
  expect(reports).toEqual([])
  return store
}

test('[M2] a scan under way becomes a queued job that goes on where it was; hosts, ports, topology and lines stay', async () => {
  const store = await reopen({ scan })
  expect(store.topology.get()).toEqual(topology)
  expect([store.hosts.count(), store.ports.count()]).toEqual([3, 1])
  expect(store.scans.get('f3c0')).toMatchObject({
    state: 'queued',
    reason: 'interrupted',
    input: { target: 'Block.lan', ports: '22,80,443' },
  })
  expect(store.scans.logs('f3c0').map(({ value }) => value.text)).toEqual(['scan of Block.lan started'])
  expect(await store.scans.enqueue({ target: 'x', versions: false }, { key: 'block.lan' })).toEqual({ id: 'f3c0', isNew: false })
  const worker = store.scans.work(async (job, context) => {
    const recorder = await ScanRecorder.begin({ store, scan: job, context, scanner: 'nmap' })
    expect([recorder.scanner, recorder.plan.pending]).toEqual(['connect', scan.pending])
    for (const { address } of recorder.plan.pending)
      await recorder.record({ type: 'host', address, status: 'up', reason: 'answered', settled: 3, open: [] })
    return recorder.finish()
  })
  expect(await store.scans.wait('f3c0')).toMatchObject({ state: 'completed', attempt: 2, result: { up: 3, down: 0, open: 1 } })
  await worker.stop()
})

test('[M2] a scan that has ended becomes history, with what it found', async () => {
  const { activity: _, ...ended } = { ...scan, pending: [], probes: { done: 6, total: 6 }, finishedAt: 9_000 }
  const finished = await reopen({ scan: { ...ended, state: 'finished' } })
  expect(finished.scans.get('f3c0')).toMatchObject({ state: 'completed', endedAt: 9_000, result: { up: 2, down: 0, open: 1 } })
  const failed = await reopen({ scan: { ...ended, state: 'failed', failure: 'no luck' } })
  expect(failed.scans.get('f3c0')).toMatchObject({ state: 'failed', error: { message: 'no luck' } })
  expect((await failed.scans.retry('f3c0')) && failed.scans.summary()).toMatchObject({ queued: 1, failed: 0 })
})

test('[M2] what was asked for is queued; the scan it was to replace is cancelled, as it would have been', async () => {
  const store = await reopen({ scan, request: { id: 'abcd', target: 'block.LAN', ports: '80' } })
  expect(store.scans.get('f3c0')).toMatchObject({ state: 'cancelled' })
  expect(store.scans.get('abcd')).toMatchObject({ state: 'queued', input: { target: 'block.LAN', ports: '80' }, attempt: 0 })
  expect(store.scans.summary()).toMatchObject({ queued: 1, cancelled: 1, total: 2 })
})
