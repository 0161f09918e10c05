/** Scans as they are carried out: by child processes, which end with them. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../holdfast.ts'
import { cancelJob } from '../jobs.ts'
import { type NetscanStore, type Scan, netscan } from '../state.ts'
import { workOnScans } from './scan-worker.ts'

async function openEmpty(): Promise<NetscanStore> {
  const store = await openStore(netscan, { memory: true })
  onTestFinished(() => store.close())
  return store
}

async function when(store: NetscanStore, id: string, is: (scan: Scan) => boolean): Promise<Scan> {
  const { promise, resolve } = Promise.withResolvers<Scan>()
  const look = (): void => {
    const scan = store.scans.get(id)
    if (scan && is(scan)) resolve(scan)
  }
  const stop = store.scans.watch(look)
  look()
  const scan = await promise
  stop()
  return scan
}

/** Makes an nmap of one's own the one that is found. */
async function plantNmap(script: string): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'netscan-'))
  const before = process.env['PATH']
  onTestFinished(async () => {
    process.env['PATH'] = before
    await rm(directory, { recursive: true, force: true })
  })
  await writeFile(path.join(directory, 'nmap'), script.replaceAll('$HERE', directory))
  await chmod(path.join(directory, 'nmap'), 0o700)
  process.env['PATH'] = `${directory}${path.delimiter}${before}`
  return directory
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('[J5] cancelling ends the scanner and what it started, be it deaf to SIGTERM', async () => {
  const store = await openEmpty()
  // Deaf, and with a child of its own that is, too.
  const here = await plantNmap(
    '#!/bin/sh\n[ "$1" = --version ] && exit 0\ntrap "" TERM\nsh -c \'trap "" TERM; echo $$ > $HERE/grandchild; while :; do sleep 1; done\' &\necho $$ > $HERE/child\necho "<nmaprun><taskprogress task=\\"Deaf\\" percent=\\"1\\"/>"\nwhile :; do sleep 1; done\n',
  )
  const worker = workOnScans(store)
  const { id } = await store.scans.enqueue({ target: '127.0.0.1', ports: '1', scanner: 'nmap', versions: false })
  await when(store, id, ({ progress }) => progress?.message === 'Deaf 1 %')
  const pids = await Promise.all(['child', 'grandchild'].map(async (name) => Number(await readFile(path.join(here, name), 'utf8'))))
  expect(pids.map(isAlive)).toEqual([true, true])
  await store.commit((tx) => cancelJob(tx, 'scans', id))
  await worker.stop()
  // What is dead stays listed until somebody has taken note of it.
  await expect.poll(() => pids.map(isAlive), { timeout: 15_000 }).toEqual([false, false])
  expect(store.scans.get(id)).toMatchObject({ state: 'cancelled', attempt: 1 })
})

test('[J7] a scanner that fails is tried again, and what it said is what the scan failed with', async () => {
  const store = await openEmpty()
  await plantNmap('#!/bin/sh\n[ "$1" = --version ] && exit 0\necho out of luck >&2\nexit 3\n')
  const worker = workOnScans(store)
  const { id } = await store.scans.enqueue({ target: '127.0.0.1', ports: '1', versions: false }, { attempts: 2 })
  const message = 'nmap ended with exit code 3: out of luck'
  expect(await when(store, id, ({ state, attempt }) => state === 'queued' && attempt === 1)).toMatchObject({ reason: 'retrying' })
  expect(await store.scans.wait(id)).toMatchObject({ state: 'failed', attempt: 2, error: { message, child: { exitCode: 3 } } })
  await worker.stop()
  expect(store.scans.logs(id).map(({ value }) => value.text)).toEqual([
    'scan of 127.0.0.1 started: 1 address, 1 port each',
    `scan failed at 0 %: ${message}`,
    'scan of 127.0.0.1 failed at 0 %; going on',
    `scan failed at 0 %: ${message}`,
  ])
})

test('the connect scan runs in a process of its own, and finds what there is', async () => {
  const store = await openEmpty()
  const worker = workOnScans(store)
  const { id } = await store.scans.enqueue({ target: '127.0.0.1', ports: '1-600', scanner: 'connect', versions: false })
  expect(await store.scans.wait(id)).toMatchObject({ state: 'completed', result: { up: 1 }, progress: { done: 600, total: 600 } })
  await worker.stop()
  expect(process.getActiveResourcesInfo()).not.toContain('TCPConnectWrap')
})
