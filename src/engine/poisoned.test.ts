import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ReportEvent } from '../base/report.ts'
import { loadDriver } from '../sqlite/load-driver.ts'
import { prepareDirectory, type StoreFiles } from '../sqlite/store-files.ts'
import { type Backend, openDisk } from './backend.ts'
import { CommitRequest } from './commit/commit-request.ts'
import { Engine } from './engine.ts'
import { KindSet } from './kind-set.ts'
import { defaultRetention } from './history/pruner.ts'
import { systemSeams } from './seams.ts'

/** A store on disk whose syncs fail from some moment on, and which cannot be opened again: as on a disk that is dying. */
const dying = { now: false, syncs: 0 }
let directory: string
let engine: Engine
let backend: Backend
let reports: ReportEvent[]

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'poisoned-'))
  Object.assign(dying, { now: false, syncs: 0 })
  reports = []
  backend = await openStoreOnDisk(prepareDirectory(directory, { readOnly: false, allowUnsafeFilesystem: true }))
  engine = new Engine(withDyingSync(backend), {
    directory,
    readOnly: false,
    durability: 'power',
    queueLimit: 10,
    deadlineMs: 1000,
    maxCommitBytes: 1024,
    retention: defaultRetention,
    seams: systemSeams(),
    report: (event) => void reports.push(event),
    reopen: () => Promise.reject(new Error('The disk is gone.')),
  })
  const change = { collect: () => '[1,3,null,0]', undo: () => undefined, restamp: () => undefined }
  engine.install(new KindSet([], (context) => context.register(change)))
})
afterEach(() => rmSync(directory, { recursive: true }))

async function openStoreOnDisk(files: StoreFiles): Promise<Backend> {
  const create = { storeId: 'store', epoch: 'epoch123', stateName: 'test', stateVersion: 1, createdAt: 0, chain: 'chain' }
  const events = { onChanged: () => undefined, onLost: () => undefined, onFailed: () => undefined }
  const setup = { files, driver: 'node:sqlite', betterSqlitePath: undefined, readOnly: false, isImmutable: false, create, deadlineMs: 1000 }
  return openDisk(
    await loadDriver('node:sqlite'),
    { ...setup, driver: 'node:sqlite' },
    { events, wait: { ...systemSeams(), deadlineMs: 1000 } },
  )
}

function withDyingSync(whole: Backend): Backend {
  const sync = (): Promise<number> => {
    dying.syncs += 1
    return dying.now ? Promise.reject(new Error('EIO')) : whole.sync()
  }
  return new Proxy(whole, { get: (target, name) => (name === 'sync' ? sync : bound(target, name)) })
}

function bound(target: Backend, name: string | symbol): unknown {
  const found: unknown = Reflect.get(target, name)
  return typeof found === 'function' ? found.bind(target) : found
}

function commit(durability: 'process' | 'power'): Promise<unknown> {
  const request = new CommitRequest(() => undefined, { durability })
  engine.enqueue(request)
  return request.promise
}

test('[C8] [P4] a store that could not be made durable refuses commits, ends what waits for them, and closes', async () => {
  await commit('process')
  dying.now = true
  await expect(commit('power')).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' })
  await engine.recovered()
  expect(engine.state).toBe('poisoned')
  expect(reports.map(({ type }) => type)).toEqual(['poisoned'])

  await expect(commit('power')).rejects.toMatchObject({ code: 'STORE_POISONED' })
  await expect(engine.whenPublished(2)).rejects.toMatchObject({ code: 'STORE_POISONED' })
  const { syncs } = dying
  await engine.close()
  expect(dying.syncs, 'a failed sync is never asked for again').toBe(syncs)
})
