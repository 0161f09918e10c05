/** Reports as they are made: by a child process, whose files become artifacts. */
import { readdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../holdfast.ts'
import { askForReport } from '../jobs.ts'
import { takeUp } from '../scan/take-up.ts'
import { type NetscanStore, netscan } from '../state.ts'
import { ReportData } from './report-data.ts'
import { workOnReports } from './report-worker.ts'
import { noteMissing } from './watch-files.ts'

async function openEmpty(directory: string): Promise<NetscanStore> {
  const store = await openStore(netscan, { directory })
  onTestFinished(() => store.close())
  return store
}

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'netscan-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** A finished scan, and a report of it that is asked for. */
async function prepare(store: NetscanStore): Promise<{ readonly scanId: string; readonly reportId: string }> {
  const { id, recorder, finish } = await takeUp(store, { target: '10.0.0.0/31', ports: '22,80' })
  const open = [{ port: 22, service: 'ssh', product: '<b>OpenSSH</b>' }]
  await recorder.record({ type: 'host', address: '10.0.0.1', status: 'up', reason: 'answered', settled: 2, open })
  await recorder.record({ type: 'host', address: '10.0.0.0', status: 'down', reason: 'no answer', settled: 2, open: [] })
  await finish()
  const { value } = await store.commit((tx) => [askForReport(tx, id), askForReport(tx, id), askForReport(tx, 'nobody')])
  expect(value).toEqual([{ id: value[0]?.id, isNew: true }, { id: value[0]?.id, isNew: false }, undefined])
  return { scanId: id, reportId: value[0]?.id ?? '' }
}

test('[J6] [X55] the files of a report are kept with its completion, linked to it and to the scan; one that goes is shown as gone', async () => {
  const directory = await makeDirectory()
  const store = await openEmpty(directory)
  const { scanId, reportId } = await prepare(store)
  const { cursor } = store
  const worker = workOnReports(store)
  expect(await store.reports.wait(reportId)).toMatchObject({ state: 'completed', result: { files: 2 } })
  await worker.stop()
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('netscan-report-'))).toEqual([])
  for await (const { label, changes } of store.follow({ after: cursor })) {
    if (label !== 'report made') continue
    expect(changes.map(({ kind }) => kind).toSorted()).toEqual(['console', 'reportFiles', 'reportFiles', 'reports'])
    break
  }
  const files = store.reportFiles.find({ index: 'byJob', equals: [reportId] }).items.toSorted((a, b) => (a.type < b.type ? 1 : -1))
  expect(files).toMatchObject([
    {
      type: 'text/html; charset=utf-8',
      record: `scans/${scanId}`,
      meta: { scanId, target: '10.0.0.0/31', format: 'html', up: 1, open: 1 },
    },
    { type: 'application/json', meta: { format: 'json' } },
  ])
  expect(files[0]?.name).toMatch(/^netscan-10\.0\.0\.0-31-\d{4}-\d\d-\d\dT\d{6}\.html$/)
  const [html, json] = await Promise.all(files.map(async ({ id }) => text(await store.reportFiles.open(id))))
  expect(html).toContain('&lt;b&gt;OpenSSH&lt;/b&gt;')
  expect(ReportData.parse(JSON.parse(json ?? '')).hosts.map(({ address, status }) => [address, status])).toEqual([
    ['10.0.0.0', 'down'],
    ['10.0.0.1', 'up'],
  ])

  // Whether a file is there is remembered for a second.
  const remembered = { timeout: 5_000 }
  const { id, hash } = files[0]!
  await noteMissing(store)
  expect(store.reportFiles.get(id)?.meta).not.toHaveProperty('missingSince')
  rmSync(path.join(directory, 'artifacts', hash.slice(0, 2), hash))
  await expect.poll(() => store.reportFiles.available(id), remembered).toBe(false)
  await noteMissing(store)
  expect(store.reportFiles.get(id)?.meta).toHaveProperty('missingSince')
  await store.reportFiles.put(Buffer.from(html ?? ''), { scanId, target: 'again', format: 'html', up: 1, open: 1 })
  await expect.poll(() => store.reportFiles.available(id), remembered).toBe(true)
  await noteMissing(store)
  expect(store.reportFiles.get(id)?.meta).not.toHaveProperty('missingSince')
})

test('[J5] a report that is cancelled leaves no file, and one of a scan that is gone fails with a sentence', async () => {
  const store = await openEmpty(await makeDirectory())
  const { reportId } = await prepare(store)
  const cancelled = Promise.withResolvers<void>()
  const stop = store.reports.watch(() => {
    if (store.reports.get(reportId)?.state !== 'running') return
    stop()
    void store.reports.cancel(reportId).then(() => cancelled.resolve())
  })
  const worker = workOnReports(store)
  await cancelled.promise
  const { id } = await store.reports.enqueue({ scanId: 'gone', target: 'x' }, { attempts: 1 })
  expect(await store.reports.wait(id)).toMatchObject({ state: 'failed', error: { message: 'The scan is not kept any more.' } })
  await worker.stop()
  expect([store.reports.get(reportId)?.state, store.reportFiles.count()]).toEqual(['cancelled', 0])
})
