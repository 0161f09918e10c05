/** All that carries a feed brings the same: one suite over one server that has them all, real sockets and replicas as they are shipped. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { connect, type ReplicaStatus } from '../../src/client.ts'
import { socketIo } from '../../src/client-socket-io.ts'
import type { Store } from '../../src/index.ts'
import { encodeCommit, revisionOf } from '../../src/protocol/commit-text.ts'
import type { Grant } from '../../src/server.ts'
import { SeededRandom } from '../harness/seeded-random.ts'
import { QuickClock } from '../network/quick-clock.ts'
import { openState } from '../support/open-state.ts'
import { Program } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { everything } from './everything.ts'
import type { EverythingCalls } from './everything-program.ts'
import { carriers, Everywhere, type EverythingReplica, type Follower, textHeld } from './everywhere.ts'

type EverythingStore = Store<typeof everything>

/** A change of some kind, of several at times. */
function change(store: EverythingStore, random: SeededRandom): Promise<unknown> {
  const owner = random.pick(['ann', 'bob'])
  const note = { id: `n${random.below(20)}`, owner, text: random.pick(['plain', 'Größe 🙂', 'a\nb\u2028"\\', '']) }
  const sort = random.below(10)
  if (sort === 0) return store.files.put(Buffer.from(note.text), { owner }, { name: 'a file.txt' })
  if (sort === 1) return store.options.set({ theme: note.text, apiKey: 'nobody is told' })
  return store.commit(
    (tx) => {
      if (sort === 2) tx.title.set(note.text)
      else if (sort === 3) tx.notes.delete(note.id)
      else if (sort === 4) tx.details.put(note)
      else if (sort === 5) tx.scans.enqueue({ owner })
      else if (sort < 8) tx.lines.append(note.text, { stream: owner })
      else tx.notes.put(note)
      if (random.chance(0.3)) tx.notes.put({ ...note, id: 'every time' })
    },
    random.chance(0.5) ? { actor: owner, label: note.text } : {},
  )
}

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

const replicasOf = (followers: readonly Follower[]): EverythingReplica[] => followers.map(({ replica }) => replica)

async function agree(followers: readonly Follower[], { cursor }: { readonly cursor: string }): Promise<void> {
  await Promise.all(replicasOf(followers).map((replica) => replica.settled(cursor)))
}

/** Resolves once a replica is in a state. */
function whenState({ replica }: Follower, wanted: ReplicaStatus['state']): Promise<ReplicaStatus> {
  return new Promise((resolve) => {
    const look = (status: ReplicaStatus): void => void (status.state === wanted && resolve(status))
    replica.onStatus(look)
    look(replica.status)
  })
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
  isOver = true
  await writing
  await agree(seen, store)

  const told = [...shown].flatMap(([cursor, { commit }]) => (commit === undefined ? [] : [cursor]))
  const inOrder = told.toSorted((a, b) => revisionOf(a) - revisionOf(b))
  for (const { carrier, commits, from, snapshots } of seen) {
    expect([seed, carrier, snapshots]).toEqual([seed, carrier, 1])
    const due = inOrder.filter((cursor) => revisionOf(cursor) > revisionOf(from))
    expect([seed, carrier, commits]).toEqual([seed, carrier, due])
    expect(commits.length).toBeGreaterThan(50)
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
  writeFileSync(join(after, 'token'), readFileSync(join(before, 'token')), { mode: 0o600 })
  const second = await openState(everything, { directory: after })
  await second.commit((tx) => tx.notes.put({ id: 'a', owner: 'ann', text: 'second' }))
  await place.close()
  const next = await Everywhere.serve(second, { port: place.port })
  const resets = replicasOf(followers).map(
    (replica) => new Promise<void>((resolve) => replica.subscribe((commit) => commit === undefined && resolve())),
  )
  for (const replica of replicasOf(followers)) replica.retry()
  await Promise.all(resets)
  await agree(followers, second)
  for (const { carrier, replica } of followers) expect([carrier, replica.notes.find().items]).toEqual([carrier, second.notes.find().items])

  const outdated = next.followAll({ state: { name: 'everything', version: 2 } })
  const told = await Promise.all(outdated.map((follower) => whenState(follower, 'outdated')))
  expect(told.map(({ error }) => error?.code)).toEqual(carriers.map(() => 'STATE_VERSION_MISMATCH'))
})

test('[B1] [E1] [X26] [X21] by each a session sees what is granted and no more; another grant resets it, and its end ends it', async () => {
  const store = await openState(everything)
  let seen = 'ann'
  const grants = ({ user }: { readonly user: string }): Grant<(typeof everything)['kinds']> => {
    const owner = user === 'ann' ? seen : user
    return { kinds: { notes: { owner }, title: 'all', scans: { 'input.owner': owner } }, actions: ['write'] }
  }
  const place = await Everywhere.serve(store, { grants })
  await store.commit((tx) => {
    tx.title.set('for all')
    for (const owner of ['ann', 'bob']) {
      tx.notes.put({ id: `of ${owner}`, owner, text: '' })
      tx.scans.enqueue({ owner })
    }
  })
  const { id, token } = await store.people.create({ user: 'ann', data: {} })
  const bobs = await store.people.create({ user: 'bob', data: {} })
  const followers = carriers.map((carrier) =>
    place.follow(carrier, { token, ...(carrier === 'websocket' && { transport: ['websocket', 'auto'] }) }),
  )
  const others = place.followAll({ token: bobs.token })
  const idsOf = (replica: EverythingReplica): unknown => [replica.notes.find().items.map((note) => note.id), replica.scans.size]
  const expectIds = (all: readonly Follower[], ids: readonly string[]): void => {
    expect(all.map(({ carrier, replica }) => [carrier, idsOf(replica), replica.title.get()])).toEqual(
      carriers.map((carrier) => [carrier, [ids, 1], 'for all']),
    )
  }
  await agree([...followers, ...others], store)
  expectIds(followers, ['of ann'])
  expectIds(others, ['of bob'])
  for (const { carrier, replica } of followers) expect([carrier, await replica.call('write', { id: 'of ann' })]).toEqual([carrier, 2])
  await store.commit((tx) => tx.notes.put({ id: 'of bob', owner: 'bob', text: 'again' }))
  await agree([...followers, ...others], store)
  expectIds(followers, ['of ann'])

  const resets = replicasOf(followers).map(
    (replica) => new Promise<void>((resolve) => replica.subscribe((commit) => commit === undefined && resolve())),
  )
  seen = 'bob'
  await Promise.all(resets)
  expectIds(followers, ['of bob'])
  // The browser hides why an upgrade is refused; the next transport says it, and here nobody waits until it is tried.
  for (const replica of replicasOf(followers)) {
    replica.onStatus(({ state }) => state === 'offline' && queueMicrotask(() => replica.retry()))
  }
  await store.people.revoke(id)
  await Promise.all(followers.map((follower) => whenState(follower, 'refused')))
  await store.commit((tx) => tx.notes.put({ id: 'of bob', owner: 'bob', text: 'and again' }))
  await agree(others, store)
  expect(replicasOf(others).map((replica) => replica.notes.get('of bob')?.text)).toEqual(carriers.map(() => 'and again'))
})

test('[X25] [X37] [X27] [X36] by each a second client hydrates all that is active and writes nothing; what others do to themselves harms nobody', async () => {
  const store = await openState(everything)
  await store.files.put(Buffer.from('bytes'), { owner: 'ann' })
  await store.options.set({ theme: 'light' })
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const ends = Promise.withResolvers<void>()
  store.scans.work(async (_job, { progress, log }) => {
    progress({ done: 7 })
    log('a line of the scan')
    begun[0].resolve()
    await ends.promise
  })
  store.reports.work(async (_job, { log }) => {
    log('a line of the report')
    begun[1].resolve()
    await ends.promise
  })
  const [scan, report] = [await store.scans.enqueue({ owner: 'ann' }), await store.reports.enqueue({ owner: 'ann' })]
  await Promise.all(begun.map(({ promise }) => promise))
  await expect.poll(() => [store.scans.get(scan.id)?.progress?.done, store.lines.count()]).toEqual([7, 2])
  const place = await Everywhere.serve(store)
  const database = new DatabaseSync(join(store.directory, 'store.db'), { readOnly: true })
  onTestFinished(() => database.close())
  await store.commit((tx) => tx.title.set('before all that'))
  const { cursor } = store
  const commits = (): unknown => database.prepare('SELECT count(*) AS count FROM hf_commit').get()?.['count']
  const before = commits()
  const followers = place.followAll()
  await agree(followers, store)
  for (const { carrier, replica } of followers) {
    expect([carrier, replica.scans.get(scan.id)]).toEqual([carrier, store.scans.get(scan.id)])
    expect([carrier, replica.reports.get(report.id)?.state, replica.options.get('theme')]).toEqual([carrier, 'running', 'light'])
    const linesOf = (stream: string): unknown => replica.lines.read({ stream }).map(({ value }) => value)
    expect([carrier, linesOf(scan.id), linesOf(report.id)]).toEqual([carrier, ['a line of the scan'], ['a line of the report']])
    expect([carrier, replica.files.find().items]).toEqual([carrier, store.files.find().items])
    await replica.notes.page()
    await replica.details.fetch('nothing')
  }
  expect([commits(), store.cursor]).toEqual([before, cursor])

  const thrown: unknown[] = []
  const throwing = place.followAll({ onError: (error) => thrown.push(error) })
  for (const { replica } of throwing) {
    replica.subscribe((commit) => {
      if (commit !== undefined) throw new Error('of a listener')
    })
  }
  await Promise.all(replicasOf(throwing).map(({ ready }) => ready))
  for (const follower of place.followAll()) follower.replica.close()
  await store.commit((tx) => tx.title.set('after all that'))
  await agree([...followers, ...throwing], store)
  expect(replicasOf([...followers, ...throwing]).map((replica) => replica.title.get())).toEqual(Array(12).fill('after all that'))
  expect([thrown.length >= throwing.length, place.errors]).toEqual([true, []])
  await expect.poll(() => place.handler.streams).toBeLessThanOrEqual(12)
  ends.resolve()
  await Promise.all([store.scans.wait(scan.id), store.reports.wait(report.id)])
})

test('[X29] [X8] [X9] by each a job whose process was killed is shown as running only as long as that lived', async () => {
  const directory = temporaryDirectory()
  const store = await openState(everything, { directory })
  const place = await Everywhere.serve(store)
  const followers = place.followAll()
  const program = new Program<EverythingCalls>(new URL('./everything-program.ts', import.meta.url))
  await program.call('work', directory)
  const { id } = await store.scans.enqueue({ owner: 'ann' })
  const untilIs = (state: string): Promise<void[]> =>
    Promise.all(
      replicasOf(followers).map(
        ({ scans }) =>
          new Promise<void>((resolve) => {
            const look = (): void => void (scans.get(id)?.state === state && resolve())
            scans.subscribe(look)
            look()
          }),
      ),
    )
  await untilIs('running')
  await program.kill()
  await untilIs('queued')
  expect(replicasOf(followers).map(({ scans }) => scans.get(id)?.reason)).toEqual(carriers.map(() => 'interrupted'))
  const late = place.followAll()
  await agree(late, store)
  expect(replicasOf(late).map(({ scans }) => scans.get(id)?.state)).toEqual(carriers.map(() => 'queued'))
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
