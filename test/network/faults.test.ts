/**
 * Clients over a network that fails, of a server that is killed: what they saw is held against the store, commit by commit.
 *
 * 10 s of faults by default; `HOLDFAST_FAULT_MS=30000 npx vitest run test/network` for longer, `HOLDFAST_SEED` for the same faults again.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { epochOf, revisionOf } from '../../src/protocol/commit-text.ts'
import { openStore, type Store } from '../../src/index.ts'
import { listenOnFreePort } from '../../src/server.ts'
import { SeededRandom } from '../harness/seeded-random.ts'
import { Tally } from '../model/tally.ts'
import { type Content, simulated, textOf, type View } from '../simulation/state.ts'
import { type TrueCommit, type Truth, validate } from '../simulation/validators.ts'
import { choices, textShown } from '../simulation/views.ts'
import { Program } from '../support/program.ts'
import { readSnapshot, type ReadSnapshot } from '../support/read-snapshot.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Proxy } from './proxy.ts'
import { QuickClock } from './quick-clock.ts'
import { RealClient } from './real-client.ts'
import type { Beginning, ServerCalls } from './server-program.ts'

const faultMs = Number(process.env['HOLDFAST_FAULT_MS'] ?? 10_000)
const seed = Number(process.env['HOLDFAST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const clientCount = 30
const transports = ['auto', 'sse', 'long-poll', 'poll', 'sse'] as const

/** How much faster the clients' time passes than the server's: their watchdog barks after 7.5 s. */
const timesFaster = 5

/** How long everybody may take to agree once nothing fails any more, ms. */
const peaceMs = 60_000

const wanted = ['kills', 'calls', 'snapshots', 'resumed', 'live by sse', 'live by long-poll', 'live by poll']

/** A server that is killed and started again at the same place. */
class Served {
  readonly #beginning: Beginning
  #program: Program<ServerCalls> | undefined
  #lives = 0

  constructor(beginning: Beginning) {
    this.#beginning = beginning
  }

  async start(): Promise<void> {
    this.#lives += 1
    this.#program = new Program<ServerCalls>(new URL('./server-program.ts', import.meta.url))
    await this.#program.call('begin', { ...this.#beginning, seed: `${this.#beginning.seed}/life/${this.#lives}` })
  }

  /** Rejects where it has ended by itself. */
  async kill(): Promise<void> {
    await this.#program?.call('isThere')
    await this.#program?.kill()
  }

  /** It commits nothing more. */
  async rest(): Promise<string> {
    return (await this.#program?.call('rest')) ?? ''
  }
}

/** A port outside of those that the system gives to connections, which could take it while the server is away. */
async function freePort(): Promise<number> {
  const from = 20_000 + (process.pid % 100) * 100
  const held = await listenOnFreePort(createServer(), { host: '127.0.0.1', from, to: from + 99 })
  await held.close()
  return held.port
}

/** Everything in a store's history. */
interface History extends Truth {
  /** Texts of all notes, in order. */
  readonly notes: readonly string[]
}

/** @param places cursors that clients were given */
async function readHistory(directory: string, places: ReadonlySet<string>): Promise<History> {
  const store = await openStore(simulated, { directory })
  const commits = new Map<string, TrueCommit>()
  const notes: string[] = []
  const nameOf = (epoch: string, revision: number): string => `${epoch} ${revision}`
  for await (const commit of store.follow()) {
    commits.set(nameOf(epochOf(commit.cursor), commit.revision), commit)
    for (const change of commit.changes) if (change.op === 'append' && change.stream === 'notes') notes.push(change.value)
    if (commit.cursor === store.cursor) break
  }
  // A commit that nobody sees anything of is not told of; the store knows its place all the same.
  for (const cursor of places) {
    const name = nameOf(epochOf(cursor), revisionOf(cursor))
    if (!commits.has(name) && (await isPlace(store, cursor)))
      commits.set(name, { cursor, at: 0, actor: undefined, label: undefined, changes: [] })
  }
  await store.close()
  return { notes, commitAt: (epoch, revision) => commits.get(nameOf(epoch, revision)) }
}

async function isPlace(store: Store<typeof simulated>, after: string): Promise<boolean> {
  try {
    await store.follow({ after, signal: AbortSignal.abort() }).next()
    return true
  } catch {
    return false
  }
}

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
    const served = new Served({ directory, port, name: `127.0.0.1:${proxy.port}`, seed: String(seed) })
    await served.start()
    const token = readFileSync(join(directory, 'token'), 'utf8').trim()
    const clock = new QuickClock(timesFaster)
    const clients = Array.from({ length: clientCount }, (_, n) => {
      const transport = transports[n % transports.length]!
      return new RealClient({ name: `c${n}`, choice: choices[n % choices.length]!, transport, clock, token, port: proxy.port, tally })
    })
    onTestFinished(() => clients.forEach(({ replica }) => replica.close()))

    for (const endsAt = performance.now() + faultMs; performance.now() < endsAt;) {
      await delay(200 + random.next() * 1000)
      if (random.chance(0.4)) proxy.cut(random.next() * 0.5)
      if (!random.chance(0.6)) continue
      await served.kill()
      tally.note('kills')
      await delay(random.next() * 500)
      await served.start()
    }
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

    for (const { replica } of clients) replica.close()
    await served.kill()
    for (const { recorder } of clients) recorder.finish()
    const places = new Set(clients.flatMap(({ recorder }) => recorder.sightings.map((sighting) => sighting.cursor)))
    const history = await readHistory(directory, places)
    const complaints = clients.flatMap(({ recorder }) => validate(recorder, history))
    const { connections, cut, silent, slow, refused } = proxy.counts
    const figures = `seed ${seed}, ${faultMs} ms: ${revisionOf(cursor)} commits, ${connections} connections, ${cut} cut, ${silent} silent, ${slow} slow, ${refused} refused, ${tally.toString()}`
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
  },
  faultMs + 2 * peaceMs,
)
