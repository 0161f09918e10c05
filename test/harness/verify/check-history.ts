/** The history by itself: no gap, and every check follows from the one before (oracle O3). */
import { createHash } from 'node:crypto'
import type { RawCommit, RawStore } from './raw-store.ts'

export interface HistoryPoint {
  readonly revision: number
  readonly chain: string
}

/** Bytes that a commit counts besides its changes. */
const rowBytes = 96

export function horizonOf({ meta }: RawStore): HistoryPoint {
  return { revision: Number(meta.get('horizon_revision')), chain: String(meta.get('horizon_chain')) }
}

export function headOf(store: RawStore): HistoryPoint {
  const last = store.commits.at(-1)
  return last === undefined ? horizonOf(store) : { revision: last.revision, chain: last.chain }
}

export function checkHistory(store: RawStore): string[] {
  const problems: string[] = []
  const horizon = horizonOf(store)
  const counters = new Map<string, number>()
  let { revision, chain } = horizon
  let position = Number(store.meta.get('horizon_position'))
  for (const commit of store.commits) {
    // A migration leaves its own commit, which is the horizon.
    if (commit.revision === horizon.revision && commit.chain === horizon.chain) continue
    if (commit.revision !== revision + 1) problems.push(`revision ${commit.revision} follows ${revision}`)
    if (commit.chain !== chainAfter(chain, commit)) problems.push(`the chain breaks at revision ${commit.revision}`)
    position += Buffer.byteLength(commit.changes) + rowBytes
    if (commit.position !== position) problems.push(`revision ${commit.revision} is at position ${commit.position}, not ${position}`)
    const counter = counters.get(commit.instance) ?? 0
    if (commit.counter <= counter) problems.push(`revision ${commit.revision} repeats counter ${commit.counter} of ${commit.instance}`)
    counters.set(commit.instance, commit.counter)
    ;({ revision, chain } = commit)
  }
  return problems
}

/** The chain after a commit, over the chain before it. */
export function chainAfter(before: string, commit: RawCommit): string {
  const origin = JSON.stringify([commit.actor, commit.label])
  const text = [before, commit.revision, commit.at, `${commit.instance}:${commit.counter}`, origin, commit.changes].join('\n')
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}
