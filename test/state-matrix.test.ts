/**
 * Every public method in every state: what happens if this is used inside a commit, while following, while closing, closed?
 *
 * The table says what each cell comes to, `ok` or the code of an error. Methods are enumerated from the objects themselves, so one
 * that is added without a row fails here.
 */
import { describe, expect, test } from 'vitest'
import { openStore, type StoreOptions } from '../src/index.ts'
import { eachDriver } from './support/drivers.ts'
import { outcome, outcomeOf } from './support/outcome.ts'
import { host, sample, type Sample } from './support/sample-state.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

type SampleTx = Parameters<Parameters<Sample['commit']>[0]>[0]
type Outcome = string

/** How a method is called; what it answers does not matter here. */
type Call = (store: Sample, kept: KeptReads) => unknown

const inMemory = ['open', 'insideCommit', 'following', 'closing', 'closed'] as const
type State = (typeof inMemory)[number] | 'readOnly'
type Row = readonly [call: Call, outcomes: { readonly [Name in State]: Outcome }]

/** Most of what a store does ends with it, and has no business inside a commit. */
const works = {
  open: 'ok',
  insideCommit: 'COMMIT_NESTED',
  following: 'ok',
  closing: 'STORE_CLOSED',
  closed: 'STORE_CLOSED',
  readOnly: 'ok',
}
const always = { open: 'ok', insideCommit: 'ok', following: 'ok', closing: 'ok', closed: 'ok', readOnly: 'ok' }
/** Reads of a kind that was asked for before the store was closed: they are answered as long as there is something to answer from. */
const keptReads = { ...works, closing: 'ok' }

const storeRows: { readonly [method: string]: Row } = {
  commit: [(store) => store.commit((tx) => tx.counter.update((n) => (n ?? 0) + 1)), { ...works, readOnly: 'STORE_READ_ONLY' }],
  snapshot: [(store) => store.snapshot(['title']), works],
  follow: [(store) => void store.follow(), works],
  lookup: [(store) => store.lookup('aaaaaaaa:1'), works],
  why: [(store) => store.why('title'), works],
  health: [(store) => store.health(), always],
  flush: [(store) => store.flush(), works],
  prune: [(store) => store.prune(), works],
  close: [(store) => store.close(), { ...always, insideCommit: 'COMMIT_NESTED' }],
  [String(Symbol.asyncDispose)]: [(store) => store[Symbol.asyncDispose](), { ...always, insideCommit: 'COMMIT_NESTED' }],
  cursor: [(store) => store.cursor, works],
  directory: [(store) => store.directory, always],
  state: [(store) => store.state, always],
  title: [(store) => store.title, { ...works, insideCommit: 'ok' }],
  counter: [(store) => store.counter, { ...works, insideCommit: 'ok' }],
  hosts: [(store) => store.hosts, { ...works, insideCommit: 'ok' }],
  lines: [(store) => store.lines, { ...works, insideCommit: 'ok' }],
}

/** Reads of kinds, called on objects that were taken from the store when it was open. */
interface KeptReads {
  readonly title: Sample['title']
  readonly hosts: Sample['hosts']
  readonly lines: Sample['lines']
}

const readRows: { readonly [method: string]: readonly [call: (kept: KeptReads) => unknown, outcomes: Row[1]] } = {
  'title.get': [({ title }) => title.get(), keptReads],
  'title.entry': [({ title }) => title.entry(), keptReads],
  'title.watch': [({ title }) => title.watch(() => undefined)(), works],
  'hosts.get': [({ hosts }) => hosts.get('1'), keptReads],
  'hosts.entry': [({ hosts }) => hosts.entry('1'), keptReads],
  'hosts.find': [({ hosts }) => hosts.find({ index: 'byStatus' }), keptReads],
  'hosts.count': [({ hosts }) => hosts.count({ index: 'byStatus' }), keptReads],
  'hosts.watch': [({ hosts }) => hosts.watch(() => undefined)(), works],
  'lines.read': [({ lines }) => lines.read(), keptReads],
  'lines.count': [({ lines }) => lines.count({ stream: '' }), keptReads],
  'lines.watch': [({ lines }) => lines.watch(() => undefined)(), works],
}

/** Methods of a tx: in its commit, and kept after it. */
const txRows: { readonly [method: string]: (tx: SampleTx) => unknown } = {
  'title.get': (tx) => tx.title.get(),
  'title.entry': (tx) => tx.title.entry(),
  'title.set': (tx) => tx.title.set('tx'),
  'title.update': (tx) => tx.title.update((title) => `${title}+`),
  'title.delete': (tx) => tx.title.delete(),
  'hosts.get': (tx) => tx.hosts.get('1'),
  'hosts.entry': (tx) => tx.hosts.entry('1'),
  'hosts.find': (tx) => tx.hosts.find({ index: 'byName' }),
  'hosts.count': (tx) => tx.hosts.count(),
  'hosts.put': (tx) => tx.hosts.put(host('2')),
  'hosts.insert': (tx) => tx.hosts.insert(host('3')),
  'hosts.update': (tx) => tx.hosts.update('1', (there) => ({ ...there, status: 'tx' })),
  'hosts.delete': (tx) => tx.hosts.delete('1'),
  'lines.read': (tx) => tx.lines.read(),
  'lines.count': (tx) => tx.lines.count(),
  'lines.append': (tx) => tx.lines.append('tx'),
}

/** Everything one can reach on an object: its own properties and those of its class. */
function namesOf(thing: object): string[] {
  const names = new Set<string>()
  for (let at: object | null = thing; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    for (const key of Reflect.ownKeys(at)) if (key !== 'constructor') names.add(String(key))
  }
  return [...names].toSorted()
}

async function open(options: StoreOptions): Promise<Sample> {
  return openStore(sample, { report: () => undefined, ...options })
}

async function filled(options: StoreOptions): Promise<Sample> {
  const store = await open(options)
  await store.commit((tx) => {
    tx.title.set('t')
    tx.hosts.put(host('1', 'up', { name: 'one' }))
    tx.lines.append('l')
  })
  return store
}

const keep = ({ title, hosts, lines }: Sample): KeptReads => ({ title, hosts, lines })

/** Brings a store into a state and calls something there; answers with what that came to. */
const enter: {
  readonly [Name in (typeof inMemory)[number]]: (
    options: StoreOptions,
    call: (store: Sample, kept: KeptReads) => unknown,
  ) => Promise<Outcome>
} = {
  async open(options, call) {
    const store = await filled(options)
    const result = await settled(() => call(store, keep(store)))
    await store.close()
    return result
  },
  async insideCommit(options, call) {
    const store = await filled(options)
    const kept = keep(store)
    let result: Promise<Outcome> | undefined
    await store.commit(() => {
      result = settled(() => call(store, kept))
    })
    expect(await outcomeOf(store.commit((tx) => tx.title.set('goes on')))).toMatchObject({ changed: true })
    await store.close()
    return (await result) ?? 'not called'
  },
  async following(options, call) {
    const store = await filled(options)
    let result: Outcome = 'not called'
    for await (const _commit of store.follow()) {
      result = await settled(() => call(store, keep(store)))
      break
    }
    await store.close()
    return result
  },
  async closing(options, call) {
    const store = await filled(options)
    const kept = keep(store)
    const commit = store.commit((tx) => tx.title.set('before closing'))
    const closed = store.close()
    const result = settled(() => call(store, kept))
    expect(await outcomeOf(commit)).toMatchObject({ changed: true })
    await closed
    return result
  },
  async closed(options, call) {
    const store = await filled(options)
    const kept = keep(store)
    await store.close()
    return settled(() => call(store, kept))
  },
}

async function settled(call: () => unknown): Promise<Outcome> {
  let answer: unknown
  const thrown = outcome(() => {
    answer = call()
  }) as string | undefined
  return thrown ?? ((await outcomeOf(Promise.resolve(answer).then(() => 'ok'))) as string)
}

eachDriver((driver) => {
  const rows: [string, Row][] = [
    ...Object.entries(storeRows),
    ...Object.entries(readRows).map(([name, [call, outcomes]]): [string, Row] => [name, [(_store, kept) => call(kept), outcomes]]),
  ]

  test.each(rows)('[C4] [N2] %s', async (_, [call, outcomes]) => {
    for (const state of inMemory) expect([state, await enter[state]({ memory: true, driver }, call)]).toEqual([state, outcomes[state]])
  })

  test('[M4] [C4] all of them on a store that was opened read-only', async () => {
    const directory = temporaryDirectory()
    await (await filled({ directory, driver })).close()
    const first = await open({ directory, driver, readOnly: true })
    for (const [name, [call, outcomes]] of rows) {
      const store = await open({ directory, driver, readOnly: true })
      expect([name, await settled(() => call(store, keep(store)))]).toEqual([name, outcomes.readOnly])
      await store.close()
    }
    await first.close()
  })

  test('[N2] all of them on a store on disk that closes, at once, and then is closed', async () => {
    const store = await filled({ directory: temporaryDirectory(), driver })
    const kept = keep(store)
    const commit = store.commit((tx) => tx.title.set('before closing'))
    const closed = store.close()
    const all = async (): Promise<unknown> =>
      Object.fromEntries(await Promise.all(rows.map(async ([name, [call]]) => [name, await settled(() => call(store, kept))])))
    const expected = (state: State): unknown => Object.fromEntries(rows.map(([name, [, outcomes]]) => [name, outcomes[state]]))
    expect(await all()).toEqual(expected('closing'))
    expect(await outcomeOf(commit)).toMatchObject({ changed: true })
    await closed
    expect(await all()).toEqual(expected('closed'))
  })

  describe('of a tx', () => {
    test.each(Object.entries(txRows))('[C4] %s', async (_, call) => {
      const store = await filled({ memory: true, driver })
      const kept: SampleTx[] = []
      const inCommit = await store.commit((tx) => {
        kept.push(tx)
        return outcome(() => void call(tx)) ?? 'ok'
      })
      const failing = store.commit((tx) => {
        kept.push(tx)
        throw new Error('no')
      })
      await outcomeOf(failing)
      const use = (): unknown[] => kept.map((tx) => outcome(() => void call(tx)) ?? 'ok')
      const inLaterCommit = await store.commit(use)
      const afterwards = use()
      const pending = store.commit((tx) => outcome(() => void call(tx)) ?? 'ok')
      await store.close()
      expect([inCommit.value, inLaterCommit.value, afterwards, (await pending).value, use()]).toEqual([
        'ok',
        ['TX_ENDED', 'TX_ENDED'],
        ['TX_ENDED', 'TX_ENDED'],
        call === txRows['hosts.insert'] ? 'KEY_EXISTS' : 'ok',
        ['TX_ENDED', 'TX_ENDED'],
      ])
    })
  })

  test('[C4] [N2] the tables above have a row for everything there is', async () => {
    const store = await filled({ memory: true, driver })
    expect(namesOf(store)).toEqual(Object.keys(storeRows).toSorted())
    const reads = Object.entries(keep(store)).flatMap(([kind, of]) => namesOf(of).map((name) => `${kind}.${name}`))
    expect(reads.toSorted()).toEqual(Object.keys(readRows).toSorted())
    const { value } = await store.commit((tx) =>
      (['title', 'hosts', 'lines'] as const).flatMap((kind) => namesOf(tx[kind]).map((name) => `${kind}.${name}`)),
    )
    expect(value.toSorted()).toEqual(Object.keys(txRows).toSorted())
    const { value: kinds } = await store.commit((tx) => namesOf(tx))
    expect(kinds).toEqual(['counter', 'hosts', 'lines', 'title'])
    await store.close()
  })

  test('[F2] a follower begun before ends when the store closes, and gives nothing afterwards', async () => {
    const store = await filled({ memory: true, driver })
    const idle = store.follow({ after: store.cursor })
    const waiting = idle.next()
    const busy = store.follow()
    await busy.next()
    const unused = store.follow()
    await store.close()
    const over = { done: true, value: undefined }
    expect([await waiting, await idle.next(), await busy.next(), await busy.next()]).toEqual([over, over, over, over])
    expect(await outcomeOf(unused.next())).toBe('STORE_CLOSED')
  })
})
