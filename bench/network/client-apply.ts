import type { Benchmark, Context, Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'
import { openPage, snapshotBytes } from './client-page.ts'

export const clientApply: Benchmark = {
  name: 'client-apply-100k',
  about: 'a replica takes a snapshot of 100,000 records, against JSON.parse of each line into a Map',
  run: runApply,
}

async function runApply({ sizes }: Context): Promise<readonly Figure[]> {
  const { records, rounds } = sizes
  const bytes = snapshotBytes(records)
  let page = openPage(bytes)
  const laps = await race(
    {
      replica: {
        async run() {
          page = openPage(bytes)
          await page.replica.ready
        },
        finish: () => page.replica.close(),
      },
      bare: { run: () => readBare(bytes) },
    },
    rounds,
  )
  page.replica.close()
  const name = 'client-apply-100k'
  return [
    {
      name,
      unit: 'ms',
      value: median(laps.replica.wallMs),
      ...ratiosOf(laps.replica, laps.bare),
      note: `${records} records; of JSON.parse into a Map`,
    },
    { name: `${name}/bare`, unit: 'ms', value: median(laps.bare.wallMs) },
  ]
}

function readBare(bytes: Uint8Array): Map<string, unknown> {
  const records = new Map<string, unknown>()
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    if (!line.startsWith('[')) continue
    const record = JSON.parse(line) as [string]
    records.set(record[0], record)
  }
  return records
}
