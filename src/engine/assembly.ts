/** Makes the parts of an engine that need no more of it than everybody may see. */
import { countWalStart } from '../sqlite/tables.ts'
import type { Backend } from './backend.ts'
import type { CommitQueue } from './commit/commit-queue.ts'
import type { CommitRequest } from './commit/commit-request.ts'
import { OwnRequest } from './commit/own-request.ts'
import { Condition } from './condition.ts'
import type { EngineOptions } from './engine-options.ts'
import type { Publication } from './feed/publication.ts'
import { Snapshots } from './snapshot/snapshots.ts'
import { WalKeeper } from './wal-keeper.ts'

/** What an engine shows of itself. Its backend may be another one later. */
export interface Host {
  readonly options: EngineOptions
  readonly backend: Backend
  readonly queue: CommitQueue
  readonly publication: Publication
  enqueue(request: CommitRequest): void
  /** @throws HoldfastError STORE_CLOSED */
  assertOpen(method: string): void
  whenPublished(revision: number): Promise<void>
}

export function createWalKeeper(host: Host): WalKeeper {
  const { seams, report } = host.options
  return new WalKeeper({
    clock: seams.clock,
    random: seams.random,
    limits: seams.walLimits,
    observe: seams.observe,
    measure: () => host.backend.measure(),
    checkpoint: (mode, waitMs) => host.backend.checkpoint(mode, waitMs),
    pause: () => host.queue.pause('checkpoint'),
    resume: () => host.queue.resume('checkpoint'),
    report,
  })
}

export function createSnapshots(host: Host): Snapshots {
  return new Snapshots({
    clock: host.options.seams.clock,
    openReader: async () => {
      // It may have waited for its turn until the store was closed.
      host.assertOpen('snapshot')
      return host.backend.openReader()
    },
    whenPublished: (revision) => host.whenPublished(revision),
    head: () => host.publication.published,
  })
}

export function createCondition(host: Host): Condition {
  const { seams, report, directory } = host.options
  const isOnDisk = directory !== ':memory:'
  return new Condition({ clock: seams.clock, report, directory: isOnDisk ? directory : undefined, tryWrite: () => tryWrite(host) })
}

/** A commit of no change, that is synced all the same. */
function tryWrite(host: Host): void {
  const request = new OwnRequest(
    (commit) => {
      host.backend.main.prepare(countWalStart).run()
      commit.writesBeside = true
    },
    { durability: 'power' },
  )
  request.promise.catch(() => undefined)
  host.enqueue(request)
}
