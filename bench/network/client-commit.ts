import { eventText } from '../../src/protocol/sse.ts'
import type { Benchmark, Context, Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'
import { commitText, cursorAt, openPage, snapshotBytes } from './client-page.ts'

export const clientCommit: Benchmark = {
  name: 'client-commit-100k',
  about: 'a replica of 100,000 records with one index applies commits of one row each, against JSON.parse of each into a Map',
  run: runCommits,
}

async function runCommits({ sizes }: Context): Promise<readonly Figure[]> {
  const { records, rounds } = sizes
  const count = Math.min(records, 10_000)
  const { replica, live, send } = openPage(snapshotBytes(records))
  await live
  replica.hosts.find({ index: 'byStatus', equals: ['up'] })
  let revision = records
  let texts: readonly string[] = []
  const prepare = (round: number): void => {
    texts = Array.from({ length: count }, (_, n) => commitText((n * 7919) % records, round + 1))
  }
  const laps = await race(
    {
      replica: {
        prepare,
        async run() {
          send(texts.map((text, at) => eventText(undefined, cursorAt(revision + at + 1), text)).join(''))
          revision += count
          await replica.settled(cursorAt(revision))
        },
      },
      bare: { prepare, run: () => applyBare(texts) },
    },
    rounds,
  )
  replica.close()
  const name = 'client-commit-100k'
  const perSecond = (wallMs: readonly number[]): number => (count * 1000) / median(wallMs)
  return [
    { name, unit: 'commits/s', value: perSecond(laps.replica.wallMs), ...ratiosOf(laps.bare, laps.replica), note: `${records} records` },
    { name: `${name}/bare`, unit: 'commits/s', value: perSecond(laps.bare.wallMs) },
  ]
}

function applyBare(texts: readonly string[]): Map<string, unknown> {
  const records = new Map<string, unknown>()
  for (const text of texts) {
    const [, [, key, value]] = JSON.parse(text) as [number, [string, string, unknown]]
    records.set(key, value)
  }
  return records
}
