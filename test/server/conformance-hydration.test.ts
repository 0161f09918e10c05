/** What a client finds that comes while something is going on is the same by all that carries a feed, and its coming changes nothing. */
import { expect, test } from 'vitest'
import { openState } from '../support/open-state.ts'
import { Program } from '../support/program.ts'
import { raw } from '../support/raw-store.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { everything } from './everything.ts'
import type { EverythingCalls } from './everything-program.ts'
import { carriers, Everywhere, type Follower } from './everywhere.ts'
import { agree, replicasOf } from './followers.ts'

/** All that a client can read, by each; of what came after a cursor by hand. */
async function readEverything(place: Everywhere, after: string): Promise<Follower[]> {
  const followers = place.followAll()
  await agree(followers, place.store)
  for (const { carrier, replica } of followers) {
    await replica.notes.page()
    await replica.details.fetch('nothing')
    expect([carrier, await place.ask(carrier, after)]).toMatchObject([carrier, { status: 200, isReset: false }])
  }
  return followers
}

test('[X25] [X37] [X27] [X36] by each a second client hydrates all that is active and writes nothing; what others do to themselves harms nobody', async () => {
  const store = await openState(everything)
  await store.files.put(Buffer.from('bytes'), { owner: 'ann' })
  const { cursor: first } = store
  await store.options.set({ theme: 'light' })
  await store.commit((tx) => tx.viewers.put({ id: 'tab', owner: 'ann', seat: 1 }))
  const place = await Everywhere.serve(store)
  const tables = await openTables(store.directory)
  // It moves with each transaction of another connection that wrote something, whatever that was.
  const written = (): unknown => tables.all('PRAGMA data_version')
  const untouched = written()
  for (const { replica } of await readEverything(place, first)) replica.close()
  expect(written()).toEqual(untouched)

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
  await store.commit((tx) => tx.title.set('before all that'))
  const { cursor } = store
  // Beside jobs that run, only the leases of their workers move.
  const names = tables.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'k%_lease'").flat()
  const rows = (): unknown => names.map((name) => [name, tables.all(`SELECT * FROM ${String(name)}`)])
  const before = rows()
  const followers = await readEverything(place, first)
  for (const { carrier, replica } of followers) {
    expect([carrier, replica.scans.get(scan.id)]).toEqual([carrier, store.scans.get(scan.id)])
    expect([carrier, replica.reports.get(report.id)?.state, replica.options.get('theme')]).toEqual([carrier, 'running', 'light'])
    const linesOf = (stream: string): unknown => replica.lines.read({ stream }).map(({ value }) => value)
    expect([carrier, linesOf(scan.id), linesOf(report.id)]).toEqual([carrier, ['a line of the scan'], ['a line of the report']])
    expect([carrier, replica.files.find().items]).toEqual([carrier, store.files.find().items])
    expect([carrier, replica.viewers.entry('tab')]).toEqual([carrier, store.viewers.entry('tab')])
  }
  expect([rows(), store.cursor]).toEqual([before, cursor])

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

test('[X30] [H5] by each a row that does not parse is reported and skipped, everything else is there, and it is mended by the next write', async () => {
  const directory = temporaryDirectory()
  const before = await openState(everything, { directory })
  await before.commit((tx) => {
    for (const id of ['a', 'b', 'c']) tx.notes.put({ id, owner: 'ann', text: id })
  })
  await before.close()
  await raw(directory, [["UPDATE k2 SET value = ? WHERE key = 'b'", '{"id":"b","own']])
  const reports = new Set<string>()
  const store = await openState(everything, { directory, report: ({ type }) => void reports.add(type) })
  const place = await Everywhere.serve(store)
  const told: unknown[] = []
  const followers = carriers.map((carrier) =>
    place.follow(carrier, { onError: (error) => told.push([carrier, (error as { code: string }).code, (error as Error).message]) }),
  )
  await agree(followers, store)
  const idsOf = (): unknown => followers.map(({ carrier, replica }) => [carrier, replica.notes.find().items.map(({ id }) => id)])
  expect(idsOf()).toEqual(carriers.map((carrier) => [carrier, ['a', 'c']]))
  expect(told).toHaveLength(carriers.length)
  const report = expect.stringContaining('"notes" does not parse: ["b",')
  expect(told).toEqual(expect.arrayContaining(carriers.map((carrier) => [carrier, 'VALUE_INVALID', report])))
  for (const { carrier, replica } of followers) {
    const { items } = await replica.notes.page()
    expect([carrier, items.map(({ id }) => id), await replica.notes.fetch('b')]).toEqual([carrier, ['a', 'c'], undefined])
  }
  expect([...reports]).toEqual(['undecodable'])
  await store.commit((tx) => tx.notes.put({ id: 'b', owner: 'ann', text: 'again' }))
  await agree(followers, store)
  expect([idsOf(), told.length, place.errors]).toEqual([carriers.map((carrier) => [carrier, ['a', 'b', 'c']]), carriers.length, []])
})
