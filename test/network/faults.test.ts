/**
 * Clients over a network that fails, of a server that is killed: what they saw is held against the store, commit by commit.
 *
 * 10 s of faults; `npm run faults` is the long form, of 60 s. `HOLDFAST_SEED` gives the same faults again, and `HOLDFAST_PLANT=dropped-commit` a
 * server with a bug, of which the test must complain (`stream-plants.ts` has others).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { revisionOf } from '../../src/protocol/commit-text.ts'
import { SeededRandom } from '../harness/seeded-random.ts'
import { Tally } from '../model/tally.ts'
import { type Content, textOf, type View } from '../simulation/state.ts'
import { validate } from '../simulation/validators.ts'
import { choices, textShown } from '../simulation/views.ts'
import { readSnapshot, type ReadSnapshot } from '../support/read-snapshot.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { readHistory } from './history.ts'
import { Proxy } from './proxy.ts'
import { QuickClock } from './quick-clock.ts'
import { RealClient, type Way } from './real-client.ts'
import { plantInRecording, recordingPlants } from './recording-plants.ts'
import { freePort, ServedProgram } from './served-program.ts'
import type { StreamPlant } from './stream-plants.ts'

const faultMs = Number(process.env['HOLDFAST_FAULT_MS'] ?? 10_000)
const seed = Number(process.env['HOLDFAST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const plant = process.env['HOLDFAST_PLANT'] as StreamPlant | undefined
const clientCount = 30
const ways: readonly Way[] = [
  'auto',
  'sse',
  'websocket',
  'long-poll',
  'socket.io by websocket',
  'poll',
  ['websocket', 'auto'],
  'socket.io by polling',
  'sse',
  'websocket',
]

/** How much faster the clients' time passes than the server's: their watchdog barks after 7.5 s. */
const timesFaster = 5

/** How much longer faults go on where the machine was too busy for all that has to come up, ms. */
const patienceMs = 60_000

/** How long everybody may take to agree once nothing fails any more, ms. */
const peaceMs = 60_000

const wanted = [
  'kills',
  'calls',
  'snapshots',
  'resumed',
  'live by sse',
  'live by long-poll',
  'live by poll',
  'live by websocket',
  'live by socket.io',
]

/** The server's snapshot at a cursor, asked for directly until the shared one is as new. */
async function contentAt(port: number, token: string, cursor: string): Promise<Content> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/state/snapshot`, { headers: { authorization: `Bearer ${token}` } })
    const { header, items } = readSnapshot(await response.text())
    if (header.cursor === cursor) return toContent(items)
  }
}

function toContent(items: ReadSnapshot['items']): Content {
  const of = (kind: string): (readonly unknown[])[] => items.filter((line) => line.kind === kind).map(({ item }) => item)
  const records = (kind: string): [string, never][] =>
    of(kind).map(([key, revision, at, value]) => [key as string, { revision, at, value } as never])
  const lines = of('lines').map(([seq, stream, revision, at, value]) => ({ seq, stream, revision, at, value }) as never)
  return {
    title: records('title')[0]?.[1],
    accounts: new Map(records('accounts')),
    lines: lines.toSorted((a: { seq: number }, b: { seq: number }) => a.seq - b.seq),
  }
}

test(
  '[H1] [H2] [F1] [C7] [X8] [X10] [X12] 30 clients of a server that is killed, over a network that fails, see every commit once and agree in the end',
  async () => {
    const tally = new Tally()
    const random = new SeededRandom(`${seed}/faults`)
    const directory = temporaryDirectory()
    const port = await freePort()
    const proxy = await Proxy.listen(port, new SeededRandom(`${seed}/proxy`), { cut: 0.45, silent: 0.15, slow: 0.15, delayMs: 30 })
    onTestFinished(() => proxy.close())
    const served = new ServedProgram({ directory, port, name: `127.0.0.1:${proxy.port}`, seed: String(seed), plant })
    await served.start()
    const token = readFileSync(join(directory, 'token'), 'utf8').trim()
    const clock = new QuickClock(timesFaster)
    const clients = Array.from({ length: clientCount }, (_, n) => {
      const way = ways[n % ways.length]!
      return new RealClient({ name: `c${n}`, choice: choices[n % choices.length]!, way, clock, token, port: proxy.port, tally })
    })
    onTestFinished(() => clients.forEach((client) => client.close()))

    const isEnough = (): boolean => tally.missing(wanted).length === 0 && Math.min(proxy.counts.cut, proxy.counts.silent) > 0
    const begunAt = performance.now()
    const passedMs = (): number => performance.now() - begunAt
    while (passedMs() < faultMs || (!isEnough() && passedMs() < faultMs + patienceMs)) {
      await delay(200 + random.next() * 1000)
      if (random.chance(0.4)) proxy.cut(random.next() * 0.5)
      if (!random.chance(0.6)) continue
      await served.kill()
      tally.note('kills')
      await delay(random.next() * 500)
      await served.start()
    }
    const failedMs = passedMs()
    proxy.calm()
    await Promise.all(clients.map((client) => client.rest()))
    const cursor = await served.rest()
    const settled = await Promise.allSettled(clients.map(({ replica }) => replica.settled(cursor, { timeoutMs: peaceMs * timesFaster })))
    const unsettled = clients.filter((_, n) => settled[n]?.status === 'rejected').map(({ name, replica }) => [name, replica.status])
    expect(unsettled).toEqual([])

    const content = await contentAt(port, token, cursor)
    const shown = clients.map(({ name, replica, view }) => ({ name, cursor: replica.status.cursor, text: textShown(replica, view) }))
    const expected = (view: View): string => textOf(content, view)
    expect(shown).toEqual(clients.map(({ name, view }) => ({ name, cursor, text: expected(view) })))

    for (const client of clients) client.close()
    await served.kill()
    for (const { recorder } of clients) recorder.finish()
    const recordings = clients.map(({ recorder }) => recorder)
    const history = await readHistory(directory, recordings)
    const complaints = recordings.flatMap((recording) => validate(recording, history))
    const { connections, cut, silent, slow, refused } = proxy.counts
    const figures = `seed ${seed}, ${Math.round(failedMs / 1000)} s: ${revisionOf(cursor)} commits, ${connections} connections, ${cut} cut, ${silent} silent, ${slow} slow, ${refused} refused, ${tally.toString()}`
    process.stdout.write(`${figures}\n`)
    expect(complaints.slice(0, 5), figures).toEqual([])
    expect(
      clients.flatMap(({ errors }) => errors),
      figures,
    ).toEqual([])
    // Each call was done once, and those answered were done.
    expect(new Set(history.notes).size, figures).toBe(history.notes.length)
    expect(clients.flatMap(({ noted }) => noted).filter((text) => !history.notes.includes(text))).toEqual([])
    expect(tally.missing(wanted), figures).toEqual([])
    expect(Math.min(cut, silent, slow), figures).toBeGreaterThan(0)
    // The same recordings with a fault in them do not pass.
    for (const fault of recordingPlants) {
      const faulty = recordings.flatMap((recording) => plantInRecording(recording, fault) ?? [])
      const unnoticed = faulty.filter((recording) => !validate(recording, history).some((found) => found.startsWith(`${fault.foundBy}:`)))
      expect([fault.name, faulty.length > 0, unnoticed.map(({ name }) => name)], figures).toEqual([fault.name, true, []])
    }
  },
  faultMs + patienceMs + 2 * peaceMs,
)
