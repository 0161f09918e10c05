/** How a store is, for people and for supervisors. */
import * as path from 'node:path'
import type { RefusedWrite } from '../engine/delayed/pending-records.ts'
import type { Engine, EngineState } from '../engine/engine.ts'
import { findLogReaders } from '../sqlite/log-readers.ts'

export interface Health {
  readonly state: EngineState
  /** Reads are answered. */
  readonly live: boolean
  /** Commits can succeed: the store is open for writing, and the disk takes what is written. */
  readonly ready: boolean
  /** Why not, one sentence each. */
  readonly reasons: readonly string[]
  /** The newest commit. */
  readonly revision: number
  /** The newest one that followers see. */
  readonly published: number
  /** The oldest revision one can resume from. */
  readonly horizon: number
  /** Commits waiting for their turn. */
  readonly queued: number
  readonly followers: number
  readonly watchers: number
  /** Bytes in use of the write-ahead log, when last measured; its file may be longer, up to 64 MiB. */
  readonly walBytes: number
  /** A reader, in this process or another, keeps the log from being emptied. */
  readonly walHeldByReader: boolean
  /** Processes that read from the log meanwhile, by pid, on Linux; this one may be among them. */
  readonly walReaders: readonly number[]
  /** How long the snapshot that is being taken has held its read transaction, ms. */
  readonly snapshotOpenMs: number | undefined
  /** Records written behind (rule D3) that are not committed yet. */
  readonly pendingWrites: number
  /** Why the last try to commit them failed, or left one out; undefined when it did not. */
  readonly pendingFailure: string | undefined
  /** Those of them that are refused for what they say, while others are committed; the first hundred. */
  readonly refusedWrites: readonly RefusedWrite[]
  /** Stored values that did not parse and were skipped, since the store was opened. */
  readonly undecodable: number
}

export function readHealth(engine: Engine): Health {
  const { state, publication, ledger, wal, snapshots, condition, options } = engine
  const reasons: string[] = []
  if (options.readOnly) reasons.push('The store was opened read-only.')
  if (state !== 'open') reasons.push(`The store is ${state}.`)
  if (wal.isFull) reasons.push('The write-ahead log has reached its limit, because a reader holds on to it.')
  const refusal = options.readOnly || state === 'closed' ? undefined : condition.whyUnwritable()
  if (refusal !== undefined) reasons.push(refusal)
  return Object.freeze({
    state,
    live: state !== 'closed',
    ready: reasons.length === 0,
    reasons: Object.freeze(reasons),
    revision: ledger.head.revision,
    published: publication.published.revision,
    horizon: ledger.horizon.revision,
    queued: engine.queue.length,
    followers: engine.feed.followers,
    watchers: engine.watchers.count,
    walBytes: wal.walBytes,
    walHeldByReader: wal.isHeldByReader,
    walReaders: Object.freeze(wal.isHeldByReader ? findLogReaders(path.join(options.directory, 'store.db')) : []),
    snapshotOpenMs: snapshots.openSince === undefined ? undefined : options.seams.clock.elapsed() - snapshots.openSince,
    pendingWrites: engine.delayed.pending,
    pendingFailure: engine.delayed.failure,
    refusedWrites: Object.freeze(engine.delayed.refused()),
    undecodable: condition.undecodable,
  })
}
