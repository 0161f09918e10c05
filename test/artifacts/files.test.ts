import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { connect } from '../../src/client.ts'
import { artifacts, defineState, openStore } from '../../src/index.ts'
import { serve } from '../../src/server.ts'
import { freePort } from '../server/served.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { failureOf, outcomeOf } from '../support/outcome.ts'
import { Program } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { bytesOf, filesOf, hashOf, openShelf, readAll, type Shelf, shelf, temporaryOf } from './shelf.ts'
import type { ShelfCalls } from './shelf-program.ts'

/** Where the file of a hash is. */
const fileOf = (store: Shelf, hash: string): string => join(store.directory, 'artifacts', hash.slice(0, 2), hash)

const startElsewhere = async (directory: string): Promise<Program<ShelfCalls>> => {
  const program = new Program<ShelfCalls>(new URL('./shelf-program.ts', import.meta.url))
  await program.call('open', directory)
  return program
}

describe('reading', () => {
  test('[A3] a range is given as asked for, and what lies outside is refused', async () => {
    const store = await openShelf()
    const { id } = await store.reports.put(bytesOf('0123456789'), { title: 'a' })
    const read = async (range: object): Promise<unknown> => outcomeOf(store.reports.open(id, range).then(readAll))
    expect(await read({})).toBe('0123456789')
    expect(await read({ start: 3 })).toBe('3456789')
    expect(await read({ end: 3 })).toBe('0123')
    expect(await read({ start: 3, end: 3 })).toBe('3')
    expect(await read({ start: 3, end: 1000 })).toBe('3456789')
    for (const range of [{ start: 10 }, { start: 3, end: 2 }, { start: -1 }, { start: Number.NaN }, { end: 1.5 }, { begin: 1 }])
      expect(await read(range), JSON.stringify(range)).toBe('OPTION_INVALID')
    expect(await outcomeOf(store.reports.open('nobody'))).toBe('ARTIFACT_MISSING')
    const left = await store.reports.open(id)
    left.destroy()
    const begun = await store.reports.open(id)
    for await (const _ of begun) break
    expect(begun.destroyed).toBe(true)
  })

  test('[A3] [X55] one whose file is gone is unavailable, and says so', async () => {
    const clock = new ManualClock()
    const directory = temporaryDirectory()
    await using store = (await openStoreWith(
      { ...systemSeams(), clock: { ...systemSeams().clock, elapsed: () => clock.elapsed() } },
      shelf,
      {
        directory,
      },
    )) as Shelf
    const { id, hash } = await store.reports.put(bytesOf('a'), { title: 'a' })
    expect(await store.reports.available(id)).toBe(true)
    rmSync(fileOf(store, hash))
    expect(await store.reports.available(id)).toBe(true)
    await clock.pass(1000)
    expect(await store.reports.available(id)).toBe(false)
    expect(await store.reports.check(id)).toBe('missing')
    expect(await failureOf(store.reports.open(id))).toMatchObject({ code: 'ARTIFACT_MISSING', details: { id, reason: 'file' } })
    expect(store.reports.get(id)).toMatchObject({ hash })
    expect([await store.reports.available('nobody'), await store.reports.check('nobody')]).toEqual([false, undefined])
    await store.reports.put(bytesOf('a'), { title: 'again' })
    expect([await store.reports.available(id), await store.reports.check(id)]).toEqual([true, 'whole'])
  })

  test('[A3] [Z12] a link in the place of a file is not followed', async () => {
    const store = await openShelf()
    const { id, hash } = await store.reports.put(bytesOf('a'), { title: 'a' })
    const elsewhere = join(temporaryDirectory(), 'elsewhere')
    renameSync(fileOf(store, hash), elsewhere)
    symlinkSync(elsewhere, fileOf(store, hash))
    expect([await store.reports.available(id), await store.reports.check(id)]).toEqual([false, 'missing'])
    expect(await outcomeOf(store.reports.open(id))).toBe('ARTIFACT_MISSING')
    await store.reports.put(bytesOf('a'), { title: 'b' })
    expect([await store.reports.check(id), readFileSync(elsewhere, 'utf8')]).toEqual(['whole', 'a'])
  })

  test('[A3] one whose file was changed is corrupt, and never passes for whole', async () => {
    const store = await openShelf()
    const text = 'text '.repeat(200_000)
    const { id, hash } = await store.reports.put(bytesOf(text), { title: 'a' })
    const file = fileOf(store, hash)
    const bytes = readFileSync(file)
    bytes[700_000] = 0
    writeFileSync(file, bytes)
    expect(await store.reports.check(id)).toBe('corrupt')
    const error = await failureOf(store.reports.open(id).then(readAll))
    expect(error).toMatchObject({ code: 'ARTIFACT_CORRUPT', details: { kind: 'reports', id, hash, reason: 'hash' } })
    truncateSync(file, 1000)
    expect(await store.reports.check(id)).toBe('corrupt')
    expect(await store.reports.available(id)).toBe(false)
    expect(await failureOf(store.reports.open(id, { start: 1 }))).toMatchObject({ code: 'ARTIFACT_CORRUPT', details: { reason: 'length' } })
    // The same bytes put again take the place of the damaged ones.
    await store.reports.put(bytesOf(text), { title: 'b' })
    expect(await store.reports.check(id)).toBe('whole')
  })

  test('[A3] bytes that were replaced between the record and the file are looked for again', async () => {
    const store = await openShelf()
    const { id, hash } = await store.reports.put(bytesOf('one'), { title: 'a' })
    const [stream] = await Promise.all([
      store.reports.open(id).then(readAll),
      store.reports.put(bytesOf('two'), { title: 'b' }, { replace: id }),
    ])
    expect(['one', 'two']).toContain(stream)
    expect(await failureOf(store.reports.open(id, { hash }))).toMatchObject({ code: 'ARTIFACT_MISSING', details: { reason: 'version' } })
  })
})

describe('sweeping', () => {
  /** A claim whose process is gone. */
  const dead = 'ab'.repeat(16)
  const hash = hashOf('a')

  async function planted(files: { readonly [name: string]: string }): Promise<string> {
    const directory = temporaryDirectory()
    const store = await openStore(shelf, { directory })
    await store.reports.put(bytesOf('a'), { title: 'a' })
    await store.close()
    for (const [name, text] of Object.entries(files)) {
      const file = join(directory, 'artifacts', name)
      mkdirSync(join(file, '..'), { recursive: true })
      writeFileSync(file, text)
    }
    return directory
  }

  test('[A1] what dead processes left goes when the store is opened; what is not ours stays', async () => {
    const orphan = hashOf('orphan')
    const directory = await planted({
      [`tmp/${dead}.life`]: '',
      [`tmp/${dead}.0123456789abcdef.part`]: 'half',
      [`tmp/${dead}.0123456789abcdef.link`]: 'half',
      [`tmp/${'cd'.repeat(16)}.0123456789abcdef.part`]: 'without a proof of life',
      [`tmp/${dead}.${hashOf('gone')}.gone`]: 'gone',
      [`${orphan.slice(0, 2)}/${orphan}`]: 'orphan',
      [`${orphan.slice(0, 2)}/notes.txt`]: 'mine',
      'tmp/notes.txt': 'mine',
      'notes.txt': 'mine',
    })
    const store = await openShelf({ directory })
    // The one that began with the store comes first.
    expect(await store.reports.sweep()).toEqual({ temporary: 0, orphans: 0 })
    expect(temporaryOf(directory)).toEqual(['notes.txt'])
    expect(existsSync(join(directory, 'artifacts', orphan.slice(0, 2), orphan))).toBe(false)
    for (const name of ['notes.txt', `${orphan.slice(0, 2)}/notes.txt`]) expect(existsSync(join(directory, 'artifacts', name))).toBe(true)
    expect(await store.reports.check(store.reports.find().items[0]?.id ?? '')).toBe('whole')
  })

  test('[A1] a file on its way out whose record is there after all, as after a loss of power, comes back', async () => {
    const directory = await planted({})
    const gone = join(directory, 'artifacts', 'tmp', `${dead}.${hash}.gone`)
    renameSync(join(directory, 'artifacts', hash.slice(0, 2), hash), gone)
    const store = await openShelf({ directory })
    await store.reports.sweep()
    expect([filesOf(directory), temporaryOf(directory)]).toEqual([[hash], []])
  })

  test('[A1] a put of a living process is left alone, stopped or not, and a dead one is swept at once', async () => {
    const directory = temporaryDirectory()
    const store = await openShelf({ directory })
    const other = await startElsewhere(directory)
    await other.call('beginPut', 'begun')
    expect(temporaryOf(directory)).toHaveLength(1)
    expect(await store.reports.sweep()).toEqual({ temporary: 0, orphans: 0 })
    process.kill(other.pid, 'SIGSTOP')
    expect(await store.reports.sweep()).toEqual({ temporary: 0, orphans: 0 })
    process.kill(other.pid, 'SIGCONT')
    const { id } = await other.call('endPut', ' and ended')
    await expect.poll(() => store.reports.check(id)).toBe('whole')
    await other.call('beginPut', 'begun')
    await other.kill()
    expect((await store.reports.sweep()).temporary).toBe(2)
    expect([filesOf(directory), temporaryOf(directory)]).toEqual([[hashOf('begun and ended')], []])
  })

  test('[A1] bytes that another process has staged are no orphan', async () => {
    const directory = temporaryDirectory()
    const store = await openShelf({ directory })
    const other = await startElsewhere(directory)
    await other.call('stage', 'staged')
    await store.reports.sweep()
    expect(filesOf(directory)).toEqual([hashOf('staged')])
    await other.kill()
    await store.reports.sweep()
    expect(filesOf(directory)).toEqual([])
  })

  test('[A2] a copy of the directory by second names keeps no file from being deleted', async () => {
    const store = await openShelf()
    const { id } = await store.reports.put(bytesOf('a'), { title: 'a' })
    const copy = join(temporaryDirectory(), 'copy')
    linkSync(fileOf(store, hash), copy)
    await store.commit((tx) => tx.reports.delete(id))
    await store.reports.sweep()
    expect([filesOf(store.directory), readFileSync(copy, 'utf8')]).toEqual([[], 'a'])
  })

  test('[A2] files of kinds that a program does not declare are not its orphans', async () => {
    const directory = await planted({})
    const other = defineState({ name: 'shelf', version: 1, kinds: { captures: artifacts(z.object({})) } })
    await using store = await openStore(other, { directory, report: () => undefined })
    expect(await store.captures.sweep()).toEqual({ temporary: 0, orphans: 0 })
    expect(filesOf(directory)).toEqual([hash])
  })
})

describe('two processes', () => {
  test('[A2] that put and delete the same bytes at once never lose one that has a record', async () => {
    const directory = temporaryDirectory()
    const store = await openShelf({ directory })
    const others = await Promise.all([startElsewhere(directory), startElsewhere(directory)])
    const counts = await Promise.all(others.map((other, at) => other.call('churn', at, 60)))
    expect(counts.every(({ puts, deletes }) => puts > 20 && deletes > 10)).toBe(true)
    await Promise.all(others.map((other) => other.call('sweep')))
    await store.reports.sweep()
    const named = new Set<string>()
    for (let page = store.reports.find({ limit: 1000 }); ; page = store.reports.find({ limit: 1000, after: page.next ?? '' })) {
      for (const { id, hash } of page.items) {
        named.add(hash)
        expect(await store.reports.check(id)).toBe('whole')
      }
      if (page.next === undefined) break
    }
    expect([filesOf(directory), temporaryOf(directory)]).toEqual([[...named].toSorted(), []])
  })

  test('[X9] [A1] what was acknowledged is there after the process is killed in the next moment', async () => {
    const directory = temporaryDirectory()
    const other = await startElsewhere(directory)
    const ids = await other.call('putAndDie', 'kept')
    await other.kill()
    const store = await openShelf({ directory })
    expect(await store.reports.check(ids)).toBe('whole')
  })
})

describe('feed and replicas', () => {
  test('records travel like those of a collection, and pages ask for them by what they belong to', async () => {
    const store = await openShelf()
    const changes: unknown[] = []
    const stop = store.reports.watch((seen) => changes.push(...seen.map(({ op, key }) => [op, key])))
    const { id } = await store.reports.put(Readable.from([Buffer.from('a')]), { title: 'a' }, { job: 'j' })
    await store.commit((tx) => tx.reports.delete(id))
    await expect
      .poll(() => changes)
      .toEqual([
        ['put', id],
        ['delete', id],
      ])
    stop()
  })

  test('a replica holds the records and finds them by what they belong to, and pages come from the server', async () => {
    const store = await openShelf()
    const server = await serve(store, { port: await freePort() })
    onTestFinished(() => server.close())
    const token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
    const replica = connect<typeof shelf>({ url: `${server.url}/state`, token, state: shelf })
    onTestFinished(() => replica.close())
    await replica.ready
    const put = await store.reports.put(bytesOf('a'), { title: 'a' }, { job: 'j' })
    await store.reports.put(bytesOf('b'), { title: 'b' })
    await expect.poll(() => replica.reports.size).toBe(2)
    expect(replica.reports.find({ index: 'byJob', equals: ['j'] }).items).toEqual([put])
    expect((await replica.reports.page({ index: 'byJob', equals: ['j'] })).items).toEqual([put])
    expect(await replica.reports.fetch(put.id)).toEqual(put)
  })
})
