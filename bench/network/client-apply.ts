import { connect } from '../../src/client.ts'
import { encodeCommit } from '../../src/protocol/commit-text.ts'
import { endLine, headerLine, kindLine } from '../../src/protocol/snapshot-text.ts'
import { eventText } from '../../src/protocol/sse.ts'
import type { StateDefinition } from '../../src/state/define-state.ts'
import { describeKind } from '../../src/state/description.ts'
import type { Benchmark, Context, Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'
import { hostsKind } from '../workload/bench-state.ts'
import { createHost } from '../workload/hosts.ts'

type HostsState = StateDefinition<{ readonly hosts: typeof hostsKind }>

export const clientApply: Benchmark = {
  name: 'client-apply-100k',
  about: 'a replica takes a snapshot of 100,000 records, against JSON.parse of each line into a Map; and then commits of one row each',
  run: runApply,
}

const cursorAt = (revision: number): string => `AAAAAAAA.${revision.toString(36)}.c0ffee_1`

async function runApply({ sizes }: Context): Promise<readonly Figure[]> {
  const { records, rounds } = sizes
  const text = snapshotText(records)
  const bytes = new TextEncoder().encode(text)
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
  const commits = Math.min(records, 10_000)
  const commitMs = await timeCommits(bytes, records, commits)
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
    { name: `${name}/commits`, unit: 'commits/s', value: (commits * 1000) / commitMs, note: 'of one row each, with one index in use' },
  ]
}

function snapshotText(records: number): string {
  const header = { holdfast: 1, state: { name: 'bench', version: 1 }, cursor: cursorAt(records), kinds: { hosts: describeKind(hostsKind) } }
  const lines = Array.from({ length: records }, (_, n) => {
    const host = createHost(n)
    return `${JSON.stringify([host.address, n + 1, 1_790_000_000_000, host])}\n`
  })
  return headerLine(header) + kindLine('hosts', records) + lines.join('') + endLine(records)
}

interface Page {
  readonly replica: ReturnType<typeof connect<HostsState>>
  /** Sends text of the feed. */
  send(text: string): void
}

/** A replica whose server is a pair of replies. */
function openPage(bytes: Uint8Array<ArrayBuffer>): Page {
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined
  const waiting: string[] = []
  const answer = (url: string): Response => {
    if (url.includes('/snapshot')) return new Response(bytes)
    const body = new ReadableStream<Uint8Array>({ start: (controller) => (feed = controller) })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  const replica = connect<HostsState>({ url: '/state', fetch: async (url) => answer(String(url)), transport: 'sse' })
  return {
    replica,
    send(text) {
      waiting.push(text)
      if (feed !== undefined) for (const piece of waiting.splice(0)) feed.enqueue(new TextEncoder().encode(piece))
    },
  }
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

async function timeCommits(bytes: Uint8Array<ArrayBuffer>, records: number, count: number): Promise<number> {
  const { replica, send } = openPage(bytes)
  await replica.ready
  const isLive = (): boolean => replica.status.state === 'live'
  if (!isLive()) await new Promise<void>((resolve) => replica.onStatus(() => isLive() && resolve()))
  replica.hosts.find({ index: 'byStatus', equals: ['up'] })
  const messages = Array.from({ length: count }, (_, n) => {
    const host = createHost(n, 1)
    const changes = [{ kind: 'hosts', op: 'put', key: host.address, value: host }] as const
    return eventText(undefined, cursorAt(records + n + 1), encodeCommit({ at: 1, actor: undefined, label: undefined, changes }))
  })
  const startedAt = performance.now()
  send(messages.join(''))
  await replica.settled(cursorAt(records + count))
  const tookMs = performance.now() - startedAt
  replica.close()
  return tookMs
}
