/**
 * All that carries a feed brings the same: one suite over one server that has them all, real sockets and replicas as they are shipped. What clients find
 * when they come, what they are granted and what they call is in the files beside it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../src/client.ts'
import { socketIo } from '../../src/client-socket-io.ts'
import { encodeCommit, revisionOf } from '../../src/protocol/commit-text.ts'
import { SeededRandom } from '../harness/seeded-random.ts'
import { QuickClock } from '../network/quick-clock.ts'
import { openState } from '../support/open-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { everything } from './everything.ts'
import { carriers, Everywhere, type Follower, textHeld } from './everywhere.ts'
import { agree, change, replicasOf, whenReset, whenState } from './followers.ts'
import { PlainGet } from './plain-get.ts'

interface Seen extends Follower {
  /** Cursors of commits, in order, after that of the last snapshot. */
  readonly commits: string[]
  from: string
  snapshots: number
}

/** Writes down what a replica shows, at each cursor, beside what others have shown there. */
function watch(follower: Follower, shown: Map<string, { readonly commit: string | undefined; readonly held: string }>): Seen {
  const seen: Seen = { ...follower, commits: [], from: '', snapshots: 0 }
  const { replica, carrier } = follower
  replica.subscribe((commit) => {
    const cursor = commit?.cursor ?? replica.status.cursor ?? ''
    const now = { commit: commit && encodeCommit(commit), held: textHeld(replica) }
    const others = shown.get(cursor)
    expect([carrier, cursor, now.held]).toEqual([carrier, cursor, others?.held ?? now.held])
    expect([carrier, cursor, now.commit]).toEqual([carrier, cursor, now.commit && (others?.commit ?? now.commit)])
    shown.set(cursor, { held: now.held, commit: now.commit ?? others?.commit })
    if (commit !== undefined) return void seen.commits.push(cursor)
    seen.from = cursor
    seen.snapshots += 1
    seen.commits.length = 0
  })
  return seen
}

test('[H2] [F1] [F7] [X28] [X24] while commits stream in and connections break, each carrier brings the same commits, cursors and state', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const random = new SeededRandom(`${seed}/conformance`)
  const store = await openState(everything)
  const place = await Everywhere.serve(store)
  store.reports.work(({ input }, { log }) => log(`report for ${input.owner}`))
  for (let count = 0; count < 20; count += 1) await change(store, random)
  const shown = new Map<string, { readonly commit: string | undefined; readonly held: string }>()
  const seen = carriers.map((carrier) => watch(place.follow(carrier), shown))
  const plain = new PlainGet(place)
  expect(await plain.read()).toBe(200)
  let isOver = false
  const write = async (): Promise<void> => {
    for (let count = 0; !isOver || count < 100; count += 1) {
      await change(store, random)
      if (count % 25 === 0) await store.reports.enqueue({ owner: 'ann' })
    }
  }
  const writing = write()
  await Promise.all(replicasOf(seen).map(({ ready }) => ready))
  await agree(seen, store)
  place.cut()
  // The connection that its server broke is resumed from where it was.
  await agree(seen, store)
  // However late a replica was.
  await expect.poll(() => Math.min(...seen.map(({ commits }) => commits.length)), { timeout: 15_000 }).toBeGreaterThan(50)
  isOver = true
  await writing
  await agree(seen, store)

  await plain.agreesWith(replicasOf(seen))

  const told = [...shown].flatMap(([cursor, { commit }]) => (commit === undefined ? [] : [cursor]))
  const inOrder = told.toSorted((a, b) => revisionOf(a) - revisionOf(b))
  for (const { carrier, commits, from, snapshots } of seen) {
    expect([seed, carrier, snapshots]).toEqual([seed, carrier, 1])
    const due = inOrder.filter((cursor) => revisionOf(cursor) > revisionOf(from))
    expect([seed, carrier, commits]).toEqual([seed, carrier, due])
  }
  // None of those that the store has and that change something for clients is missing.
  const first = Math.min(...seen.map(({ from }) => revisionOf(from)))
  const missing: string[] = []
  for await (const { cursor, changes, revision } of store.follow()) {
    const isTold = changes.some((change) => !('key' in change && change.key === 'apiKey'))
    if (isTold && revision > first && !told.includes(cursor)) missing.push(cursor)
    if (cursor === store.cursor) break
  }
  expect(missing).toEqual([])
  // Who comes now holds the same, and what stays home is had by asking.
  const detail = store.details.find({ limit: 1 }).items[0]
  expect(detail).toBeDefined()
  for (const [at, { carrier, replica }] of seen.entries()) {
    const late = place.follow(carriers[(at + 1) % carriers.length]!).replica
    await late.settled(store.cursor)
    expect([carrier, textHeld(late)]).toEqual([carrier, textHeld(replica)])
    expect([carrier, await replica.details.fetch(detail?.id ?? '')]).toEqual([carrier, detail])
    expect([carrier, textHeld(replica).includes('nobody is told')]).toEqual([carrier, false])
    expect((await replica.notes.page({ index: 'byOwner', equals: ['ann'], limit: 1000 })).items).toEqual(
      store.notes.find({ index: 'byOwner', equals: ['ann'], limit: 1000 }).items,
    )
    expect([carrier, replica.lines.read({ limit: 1000 })]).toEqual([carrier, store.lines.read({ limit: 1000 })])
  }
  expect(place.errors).toEqual([])
})

test('[F4] a cursor that is malformed, pruned away, ahead or of another history gets the same answer by each', async () => {
  const store = await openState(everything, { history: { maxAgeMs: 0, maxBytes: 0, minCommits: 2 } })
  await store.commit((tx) => tx.title.set('begin'))
  const pruned = store.cursor
  for (let count = 0; count < 10; count += 1) await store.commit((tx) => tx.title.set(`${count}`))
  await store.prune()
  const place = await Everywhere.serve(store)
  const [epoch, revision, check] = store.cursor.split('.')
  for (const [after, status, code] of [
    ['nonsense', 400, 'CURSOR_INVALID'],
    [`${epoch}.-1.${check}`, 400, 'CURSOR_INVALID'],
    [pruned, 200, 'CURSOR_EXPIRED'],
    [`${epoch}.zz.${check}`, 200, 'CURSOR_IN_FUTURE'],
    [`AAAAAAAA.${revision}.${check}`, 200, 'CURSOR_DIVERGED'],
    [`${epoch}.${revision}.AAAAAAAA`, 200, 'CURSOR_DIVERGED'],
  ] as const) {
    const answers = await Promise.all(carriers.map(async (carrier) => [carrier, await place.ask(carrier, after)]))
    expect([after, answers]).toEqual([after, carriers.map((carrier) => [carrier, { status, code, isReset: status === 200 }])])
  }
  expect(place.errors).toEqual([])
})

test('[H4] another history in the place of the one that was followed resets each, and a program for another version is told so by each', async () => {
  const [before, after] = [temporaryDirectory(), temporaryDirectory()]
  const first = await openState(everything, { directory: before })
  await first.commit((tx) => ['a', 'b'].forEach((id) => tx.notes.put({ id, owner: 'ann', text: 'first' })))
  const place = await Everywhere.serve(first)
  const followers = place.followAll()
  await agree(followers, first)
  const plain = new PlainGet(place)
  await plain.agreesWith(replicasOf(followers))
  writeFileSync(join(after, 'token'), readFileSync(join(before, 'token')), { mode: 0o600 })
  const second = await openState(everything, { directory: after })
  await second.commit((tx) => tx.notes.put({ id: 'a', owner: 'ann', text: 'second' }))
  await place.close()
  const next = await Everywhere.serve(second, { port: place.port })
  const resets = followers.map(whenReset)
  for (const replica of replicasOf(followers)) replica.retry()
  await Promise.all(resets)
  await agree(followers, second)
  for (const { carrier, replica } of followers) expect([carrier, replica.notes.find().items]).toEqual([carrier, second.notes.find().items])
  await plain.agreesWith(replicasOf(followers))

  const outdated = next.followAll({ state: { name: 'everything', version: 2 } })
  const told = await Promise.all(outdated.map((follower) => whenState(follower, 'outdated')))
  expect(told.map(({ error }) => error?.code)).toEqual(carriers.map(() => 'STATE_VERSION_MISMATCH'))
})

test('[X10] a carrier that is broken is followed by the next one of the ladder, and reads stay right', { timeout: 60_000 }, async () => {
  const store = await openState(everything)
  const place = await Everywhere.serve(store)
  const clock = new QuickClock(20)
  const isBroken = [/^$/, /feed\?/, /feed\?|changes\?(?!.*waitMs=0)/]
  const by = { url: `${place.url}/state`, token: place.token, clock }
  const overHttp = isBroken.map((address) =>
    connect<typeof everything>({
      ...by,
      transport: ['websocket', 'auto'],
      WebSocket: NoWebSocket as never,
      fetch: (url, init) => (address.test(url) ? Promise.reject(new TypeError('broken')) : fetch(url, init)),
    }),
  )
  const overIo = isBroken.map((address) => {
    const socket = place.dial('websocket')
    const emit = socket.emit.bind(socket)
    // Such requests are lost without a word.
    socket.emit = (event, ...args: unknown[]) => (address.test(String(args[1])) ? socket : emit(event, ...args))
    return connect<typeof everything>({ ...by, through: socketIo(socket) })
  })
  const replicas = [...overHttp, ...overIo]
  onTestFinished(() => replicas.forEach((replica) => replica.close()))
  // Where nothing is committed, what waits for it would be taken for dead by so quick a clock.
  const transportsAfterCommit = async (): Promise<unknown> => {
    await store.commit((tx) => tx.title.set('another'))
    await store.commit((tx) => tx.title.set('and another'))
    return replicas.map(({ status }) => (status.state === 'live' ? status.transport : undefined))
  }
  const expected = ['sse', 'long-poll', 'poll', 'socket.io', 'long-poll', 'poll']
  await expect.poll(transportsAfterCommit, { timeout: 40_000 }).toEqual(expected)
  await store.commit((tx) => tx.title.set('by whatever there is'))
  await Promise.all(replicas.map((replica) => replica.settled(store.cursor)))
  expect(replicas.map((replica) => replica.title.get())).toEqual(expected.map(() => 'by whatever there is'))
})

class NoWebSocket extends WebSocket {
  constructor() {
    super('ws://127.0.0.1:9')
  }
}
