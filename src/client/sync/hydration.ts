/** A snapshot on its way, read into a data set of its own: nobody sees it until it is whole (rule H1). */
import { parseFrozen } from '../../protocol/frozen-json.ts'
import { protocolVersion } from '../../protocol/limits.ts'
import { stateText } from '../../protocol/requests.ts'
import type { EntryLine, SnapshotHeader } from '../../protocol/snapshot-text.ts'
import { DataSet } from '../data/data-set.ts'
import { answerInvalid, ReplicaError } from '../replica-error.ts'

export interface HydrationOptions {
  /** The state that the replica was built for, as `stateText` says it; any when undefined. */
  readonly state: string | undefined
  readonly lastOf: (log: string) => number | undefined
  /** What is held so far. */
  readonly before: DataSet | undefined
  /** Told, once the snapshot is whole, of each line that does not parse; it is skipped (rule H5). */
  readonly onError: (error: ReplicaError) => void
}

export interface Hydration {
  /** Takes the next line. @throws SyntaxError · ReplicaError STATE_VERSION_MISMATCH */
  add(line: string): void
  /** The data, when the snapshot was whole. @throws ReplicaError ANSWER_INVALID */
  finish(): DataSet
}

/** Marks between the lines of records, as `protocol/snapshot-text.ts` says. */
type Mark = Partial<SnapshotHeader> & { readonly kind?: string; readonly end?: number }

export function createHydration({ state, lastOf, before, onError }: HydrationOptions): Hydration {
  const damaged: ReplicaError[] = []
  let data: DataSet | undefined
  /** What is held, if it is of the same history. */
  let known: DataSet | undefined
  let kind = ''
  let count = 0
  let isWhole = false

  const addMark = (mark: Mark): void => {
    if (mark.holdfast) {
      data = begin(mark as SnapshotHeader, state, lastOf)
      known = before?.epoch === data.epoch ? before : undefined
    }
    kind = mark.kind ?? kind
    isWhole = mark.end === count
  }

  return {
    add(line) {
      if (line.startsWith('{')) return addMark(parseFrozen(line) as Mark)
      if (!line) return
      count += 1
      isWhole = false
      try {
        data?.kinds.get(kind)?.load(parseFrozen(line) as EntryLine, known?.kinds.get(kind))
      } catch {
        damaged.push(lineDamaged(kind, line))
      }
    },
    finish() {
      if (!isWhole || !data) throw answerInvalid('half a snapshot')
      damaged.forEach(onError)
      return data
    },
  }
}

function begin(header: SnapshotHeader, state: string | undefined, lastOf: HydrationOptions['lastOf']): DataSet {
  const isNewer = header.holdfast > protocolVersion
  const asked = isNewer ? `protocol ${protocolVersion}` : state
  const served = isNewer ? `protocol ${header.holdfast}` : stateText(header.state)
  if (!asked || asked === served) return new DataSet(header, lastOf)
  const message = `Built for ${asked}, not ${served}. Reload.`
  throw new ReplicaError('STATE_VERSION_MISMATCH', message, { asked, served }, { status: 409 })
}

function lineDamaged(kind: string, line: string): ReplicaError {
  const reason = 'does not parse'
  return new ReplicaError('VALUE_INVALID', `"${kind}" ${reason}: ${line.slice(0, 80)}. Verify the store.`, {
    kind,
    path: '$',
    reason,
  })
}
