import { hostsId } from '../bare/bare-rows.ts'
import type { BareConnection } from '../bare/bare-connection.ts'
import type { Benchmark, Context, Figure } from '../harness/benchmark.ts'
import { type Contender, type Laps, race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'
import type { BenchStore } from '../workload/bench-state.ts'
import { openReaders } from './reader.ts'

const pageSize = 100

export const findPage: Benchmark = {
  name: 'find-page',
  about: 'pages of 100 records by index, each record read for the first time, against the same SQL and JSON.parse',
  run: runPages,
}

async function runPages(context: Context): Promise<readonly Figure[]> {
  const { sizes } = context
  const { store, bare, close } = await openReaders(context)
  const laps = await race({ holdfast: createPages(store, sizes.pages), bare: createBarePages(bare, sizes.pages) }, sizes.rounds)
  await close()
  const unit = 'µs/page'
  const perPage = ({ wallMs }: Laps): number => (median(wallMs) * 1000) / sizes.pages
  return [
    { name: 'find-page', unit, value: perPage(laps.holdfast), ...ratiosOf(laps.bare, laps.holdfast), note: 'of the bare speed' },
    { name: 'find-page/bare', unit, value: perPage(laps.bare), note: 'the same rows by keyset and JSON.parse' },
  ]
}

/** Pages on from where the last round ended. */
function createPages(store: BenchStore, pages: number): Contender {
  let after: string | undefined
  return {
    run() {
      for (let page = 0; page < pages; page += 1) {
        const found = store.hosts.find({ index: 'byStatus', equals: ['up'], limit: pageSize, ...(after === undefined ? {} : { after }) })
        after = found.next
      }
    },
  }
}

function createBarePages(bare: BareConnection, pages: number): Contender {
  const select = bare.query(`SELECT value, f1, key FROM k${hostsId} WHERE f0 = ? AND (f1, key) > (?, ?) ORDER BY f1, key LIMIT ${pageSize}`)
  const start: readonly [number, string] = [0, '']
  let after = start
  return {
    run() {
      for (let page = 0; page < pages; page += 1) {
        const rows = select.all('up', ...after)
        for (const [value] of rows) JSON.parse(value as string)
        const last = rows.at(-1)
        after = last === undefined || rows.length < pageSize ? start : [last[1] as number, last[2] as string]
      }
    },
  }
}
