/** The ways of making the same commits: through a bare connection, and through Holdfast. */
import type { DriverName } from '../../src/index.ts'
import { type AppendRows, type PutRows, RowMaker } from '../bare/bare-rows.ts'
import { BareStore } from '../bare/bare-store.ts'
import type { Contender } from '../harness/race.ts'
import type { BenchStore, HostValue, LineValue } from '../workload/bench-state.ts'
import { createLine, createPut } from '../workload/hosts.ts'

/** What each commit does. */
export type Work = 'put' | 'append'

export interface BareCommits {
  readonly driver: DriverName
  readonly directory: string
  readonly synchronous: 'normal' | 'full'
  readonly work: Work
  readonly perRound: number
  /** One transaction around a round, or one around each commit. */
  readonly transaction: 'each' | 'one'
  /** The bare record row alone: no history row. */
  readonly isRecordOnly?: boolean
}

type Rows = PutRows | AppendRows

export interface ClosableContender extends Contender {
  close(): Promise<void> | void
}

export function createBareCommits(options: BareCommits): ClosableContender {
  const { work, perRound, transaction } = options
  const store = new BareStore(options.directory, options)
  const maker = new RowMaker()
  const write = writerOf(store, options)
  let rows: readonly Rows[] = []
  return {
    prepare(round) {
      rows = Array.from({ length: perRound }, (_, at) => maker[work](round * perRound + at))
      store.settle()
    },
    run() {
      if (transaction === 'each') for (const row of rows) store.transact(() => write(row))
      else
        store.transact(() => {
          for (const row of rows) write(row)
        })
    },
    close: () => store.close(),
  }
}

function writerOf(store: BareStore, { work, isRecordOnly = false }: BareCommits): (row: Rows) => void {
  if (work === 'append') return (row) => (isRecordOnly ? store.appendEntry((row as AppendRows).entry) : store.append(row as AppendRows))
  if (!isRecordOnly) return (row) => store.put(row as PutRows)
  return (row) => {
    const { record, isReplacing } = row as PutRows
    store.putRecord(record, isReplacing)
  }
}

export interface StoreCommits {
  readonly store: BenchStore
  readonly work: Work
  readonly perRound: number
  /** Each awaits its own commits, one after the other; 1 is a sequence. */
  readonly writers: number
}

export function createStoreCommits({ store, work, perRound, writers }: StoreCommits): ClosableContender {
  let values: readonly (HostValue | LineValue)[] = []
  const commit =
    work === 'put'
      ? (value: HostValue | LineValue) => store.commit((tx) => tx.hosts.put(value as HostValue))
      : (value: HostValue | LineValue) => store.commit((tx) => tx.lines.append(value as LineValue))
  const write = async (first: number): Promise<void> => {
    for (let at = first; at < values.length; at += writers) await commit(values[at] as HostValue | LineValue)
  }
  return {
    prepare(round) {
      const valueOf = (number: number): HostValue | LineValue => (work === 'put' ? createPut(number).host : createLine(number))
      values = Array.from({ length: perRound }, (_, at) => valueOf(round * perRound + at))
    },
    run: () => Promise.all(Array.from({ length: writers }, (_, first) => write(first))),
    close: () => store.close(),
  }
}
