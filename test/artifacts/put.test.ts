import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type ByteSource, isHoldfastError, openStore, type PutProgress } from '../../src/index.ts'
import { eachDriver } from '../support/drivers.ts'
import { failureOf, outcome, outcomeOf } from '../support/outcome.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { bytesOf, filesOf, hashOf, openShelf, readAll, type Shelf, shelf, temporaryOf } from './shelf.ts'

const large = 'holdfast '.repeat(400_000)

/** What may be left of a put that failed: nothing. */
async function expectNothing(store: Shelf): Promise<void> {
  await store.reports.sweep()
  expect({ records: store.reports.count(), files: filesOf(store.directory), temporary: temporaryOf(store.directory) }).toEqual({
    records: 0,
    files: [],
    temporary: [],
  })
}

/** A web stream of these texts. */
const webStream = (...texts: string[]): ReadableStream<Uint8Array> => ReadableStream.from(texts.map(bytesOf))

eachDriver((driver) => {
  describe('putting', () => {
    test('[A1] bytes of every source are on disk under their hash, and the record says what they are', async () => {
      const store = await openShelf({ driver })
      const path = join(temporaryDirectory(), 'large.txt')
      writeFileSync(path, large)
      const sources: { readonly [name: string]: [ByteSource, string] } = {
        bytes: [bytesOf(large), large],
        part: [bytesOf('--inner--').subarray(2, 7), 'inner'],
        nothing: [new Uint8Array(0), ''],
        path: [path, large],
        node: [Readable.from([Buffer.from('a'), Buffer.from('b')]), 'ab'],
        web: [webStream('c', '', 'd'), 'cd'],
      }
      for (const [name, [source, text]] of Object.entries(sources)) {
        const put = await store.reports.put(source, { title: name }, { name, type: 'text/plain', job: 'job1', record: 'hosts/10.0.0.4' })
        expect(put).toEqual({
          id: expect.stringMatching(/^[\w-]{22}$/) as string,
          hash: hashOf(text),
          bytes: text.length,
          name,
          type: 'text/plain',
          meta: { title: name },
          version: 1,
          createdAt: store.reports.entry(put.id)?.at,
          job: 'job1',
          record: 'hosts/10.0.0.4',
        })
        expect(store.reports.get(put.id)).toBe(put)
        expect(await readAll(await store.reports.open(put.id))).toBe(text)
      }
      expect(filesOf(store.directory)).toEqual([large, 'inner', '', 'ab', 'cd'].map(hashOf).toSorted())
      expect(temporaryOf(store.directory)).toEqual([])
      expect(store.reports.find({ index: 'byJob', equals: ['job1'] }).items).toHaveLength(6)
      expect(store.reports.count({ index: 'byRecord', equals: ['hosts/10.0.0.4'] })).toBe(6)
    })
  })
})

describe('a put', () => {
  test('[A1] tells how far it has come', async () => {
    const store = await openShelf()
    const seen: PutProgress[] = []
    await store.reports.put(bytesOf(large), { title: 'a' }, { onProgress: (progress) => seen.push(progress) })
    expect(seen.map(({ bytes }) => bytes)).toEqual([1_048_576, 2_097_152, 3_145_728, 3_600_000])
    expect(seen.every(({ total }) => total === 3_600_000)).toBe(true)
  })

  test('[A1] whoever changes the bytes meanwhile changes nothing', async () => {
    const store = await openShelf()
    const bytes = bytesOf(large)
    const put = await store.reports.put(bytes, { title: 'a' }, { onProgress: () => bytes.fill(0) })
    expect(filesOf(store.directory)).toEqual([put.hash])
  })

  test('[A1] that fails half-way leaves nothing, and is told the first cause', async () => {
    const store = await openShelf()
    const half = function* (): Generator<Uint8Array> {
      yield bytesOf('half')
      throw new Error('the line was cut')
    }
    const abort = new AbortController()
    const stuck = new Readable({ read: () => undefined })
    const progress = (): void => {
      throw new Error('no more')
    }
    let isCancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytesOf('x')),
      cancel: () => void (isCancelled = true),
    })
    const cases: [ByteSource, object, string][] = [
      [Readable.from(half()), {}, 'the line was cut'],
      [ReadableStream.from(half()), {}, 'the line was cut'],
      [Readable.from(['text']), {}, 'OPTION_INVALID'],
      [stuck, { signal: abort.signal }, 'enough'],
      [endless, { onProgress: progress }, 'no more'],
    ]
    for (const [source, options, expected] of cases) {
      const put = store.reports.put(source, { title: 'a' }, options)
      if ('signal' in options) setImmediate(() => abort.abort(new Error('enough')))
      expect(await outcomeOf(put)).toBe(expected)
      await expectNothing(store)
    }
    expect(isCancelled).toBe(true)
    expect(stuck.destroyed).toBe(true)
    expect(await outcomeOf(store.reports.put(bytesOf('a'), { title: 'a' }, { signal: abort.signal }))).toBe('enough')
  })

  test('[A1] is refused before a byte is read when it is misuse', async () => {
    const store = await openShelf()
    const directory = temporaryDirectory()
    const locked = webStream('a')
    locked.getReader()
    const sources: unknown[] = [undefined, 5, '', {}, [], directory, join(directory, 'none'), 'nul\0', locked]
    for (const source of sources) {
      expect(await outcomeOf(store.reports.put(source as ByteSource, { title: 'a' })), String(source)).toBe('OPTION_INVALID')
    }
    const put = (meta: unknown, options: object): Promise<unknown> =>
      outcomeOf(store.reports.put(bytesOf('a'), meta as { title: string }, options))
    expect(await put({ title: 5 }, {})).toBe('SCHEMA_REJECTED')
    expect(await put({ title: 'a' }, { nme: 'a' })).toBe('OPTION_INVALID')
    expect(await put({ title: 'a' }, { replace: 'nobody' })).toBe('KEY_MISSING')
    for (const record of ['hosts', '/a', 'Hosts/a', 'hosts/']) expect(await put({ title: 'a' }, { record }), record).toBe('VALUE_INVALID')
    for (const type of ['', 'html', 'a/b\r\nx: y', 'text/html; charset', `a/${'b'.repeat(200)}`])
      expect(await put({ title: 'a' }, { type }), type).toBe('VALUE_INVALID')
    expect(existsSync(join(store.directory, 'artifacts'))).toBe(false)
  })

  test('[A2] [Z13] a name never becomes a path, and one that is a path is refused', async () => {
    const store = await openShelf()
    const refused = ['', '.', '..', '../up', 'a/b', 'a\\b', '/etc/passwd', 'a\0b', 'a\nb', '\ud800', 'x'.repeat(256), 'x'.repeat(10_240)]
    for (const name of refused) {
      const error = await failureOf(store.reports.put(bytesOf('a'), { title: 'a' }, { name }))
      expect(isHoldfastError(error, 'VALUE_INVALID'), name.slice(0, 20)).toBe(true)
    }
    await expectNothing(store)
    const taken = ['...', 'ünï.html', 'con', '-rf', '%2e%2e%2f', '<script>', 'x'.repeat(255), '__proto__']
    for (const name of taken) expect((await store.reports.put(bytesOf('a'), { title: 'a' }, { name })).name).toBe(name)
    expect(filesOf(store.directory)).toEqual([hashOf('a')])
    expect(readdirSync(store.directory).toSorted()).toEqual(['artifacts', 'store.db', 'store.db-shm', 'store.db-wal'])
  })

  test('[D6] never opens the database of a store', async () => {
    const store = await openShelf()
    const link = join(temporaryDirectory(), 'link')
    symlinkSync(join(store.directory, 'store.db'), link)
    for (const name of ['store.db', 'store.db-wal', 'store.db-shm'])
      expect(await outcomeOf(store.reports.put(join(store.directory, name), { title: 'a' }))).toBe('OPTION_INVALID')
    expect(await outcomeOf(store.reports.put(link, { title: 'a' }))).toBe('OPTION_INVALID')
  })

  test('[U8] [A1] files are 0600 and directories 0700, whatever the umask', async () => {
    const store = await openShelf()
    for (const mask of [0, 0o777]) {
      const before = process.umask(mask)
      try {
        const { hash } = await store.reports.put(bytesOf(`${mask}`), { title: 'a' })
        const root = join(store.directory, 'artifacts')
        const group = join(root, hash.slice(0, 2))
        const modes = [root, join(root, 'tmp'), group, join(group, hash)].map((path) => statSync(path).mode & 0o777)
        expect(modes).toEqual([0o700, 0o700, 0o700, 0o600])
      } finally {
        process.umask(before)
      }
    }
  })

  test('[A1] a directory that cannot be written refuses, and nothing is left', async () => {
    const store = await openShelf()
    writeFileSync(join(store.directory, 'artifacts'), 'in the way')
    expect(await outcomeOf(store.reports.put(bytesOf('a'), { title: 'a' }))).toBe('DIRECTORY_INVALID')
    expect(store.reports.count()).toBe(0)
  })
})

describe('the same bytes', () => {
  test('[A2] are one file, which goes with the last record of any kind', async () => {
    const store = await openShelf()
    const [a, b] = await Promise.all([1, 2].map((n) => store.reports.put(bytesOf('same'), { title: `${n}` })))
    const c = await store.captures.put(bytesOf('same'), {})
    expect(new Set([a?.id, b?.id, c.id]).size).toBe(3)
    expect(filesOf(store.directory)).toEqual([hashOf('same')])
    await store.commit((tx) => tx.reports.delete(a?.id ?? ''))
    await store.commit((tx) => tx.captures.delete(c.id))
    await store.reports.sweep()
    await store.captures.sweep()
    expect(await readAll(await store.reports.open(b?.id ?? ''))).toBe('same')
    const d = await store.captures.put(bytesOf('same'), {})
    await store.commit((tx) => tx.reports.delete(b?.id ?? ''))
    await store.reports.sweep()
    expect(await store.captures.check(d.id)).toBe('whole')
    await store.commit((tx) => tx.captures.delete(d.id))
    await expect.poll(() => filesOf(store.directory)).toEqual([])
  })

  test('[A2] a delete that is rolled back deletes nothing', async () => {
    const store = await openShelf()
    const { id } = await store.reports.put(bytesOf('a'), { title: 'a' })
    const failed = store.commit((tx) => {
      tx.reports.delete(id)
      throw new Error('on second thoughts')
    })
    expect(await outcomeOf(failed)).toBe('on second thoughts')
    await store.reports.sweep()
    expect(await store.reports.check(id)).toBe('whole')
  })

  test('[A2] deleted and put at the same time are there or not, and never half', async () => {
    const store = await openShelf()
    for (let round = 0; round < 30; round += 1) {
      const before = await store.reports.put(bytesOf('same'), { title: 'before' })
      const [put] = await Promise.all([
        store.reports.put(bytesOf('same'), { title: 'after' }),
        store.commit((tx) => tx.reports.delete(before.id)),
        ...(round % 3 === 0 ? [store.reports.sweep()] : []),
      ])
      expect(await store.reports.check(put.id)).toBe('whole')
      await store.commit((tx) => tx.reports.delete(put.id))
    }
    await expectNothing(store)
  })
})

describe('replacing', () => {
  test('[X55] other bytes are another version, the same bytes are not', async () => {
    const store = await openShelf()
    const first = await store.reports.put(bytesOf('one'), { title: 'a' }, { name: 'one', type: 'text/plain', job: 'j' })
    const second = await store.reports.put(bytesOf('two'), { title: 'b' }, { replace: first.id, name: 'two' })
    expect(second).toMatchObject({ id: first.id, version: 2, hash: hashOf('two'), name: 'two', createdAt: first.createdAt })
    expect(second).toMatchObject({ type: 'text/plain', job: 'j' })
    const third = await store.reports.put(bytesOf('two'), { title: 'c' }, { replace: first.id })
    expect(third).toMatchObject({ version: 2, meta: { title: 'c' } })
    await store.reports.sweep()
    expect(filesOf(store.directory)).toEqual([hashOf('two')])
  })

  test('one that is deleted meanwhile is not brought back', async () => {
    const store = await openShelf()
    const { id } = await store.reports.put(bytesOf('one'), { title: 'a' })
    const replacement = await store.reports.stage(bytesOf('two'), { title: 'b' }, { replace: id })
    await store.commit((tx) => tx.reports.delete(id))
    expect(await outcomeOf(store.commit((tx) => tx.reports.attach(replacement)))).toBe('KEY_MISSING')
    await replacement.discard()
    await expectNothing(store)
  })
})

describe('staged bytes', () => {
  test('[A1] become a record in a commit with others, or none', async () => {
    const store = await openShelf()
    await using staged = await store.reports.stage(bytesOf('a'), { title: 'a' })
    expect(store.reports.count()).toBe(0)
    const failed = store.commit((tx) => {
      tx.reports.attach(staged)
      throw new Error('not yet')
    })
    expect(await outcomeOf(failed)).toBe('not yet')
    expect(store.reports.count()).toBe(0)
    const { value, revision } = await store.commit((tx) => {
      tx.hosts.put({ address: '10.0.0.4' })
      return tx.reports.attach(staged)
    })
    expect(store.reports.entry(staged.id)).toMatchObject({ revision, value })
    expect(store.hosts.entry('10.0.0.4')?.revision).toBe(revision)
    await expect.poll(() => temporaryOf(store.directory)).toEqual([])
    expect((await store.commit((tx) => tx.hosts.delete('10.0.0.4'))).changed).toBe(true)
    expect(await store.reports.check(staged.id)).toBe('whole')
  })

  test('[A1] that are given up leave nothing, whoever gives them up', async () => {
    const directory = temporaryDirectory()
    const store = await openShelf({ directory })
    const first = await store.reports.stage(bytesOf('a'), { title: 'a' })
    await first.discard()
    await first.discard()
    await expectNothing(store)
    expect(await outcomeOf(store.commit((tx) => tx.reports.attach(first)))).toBe('OPTION_INVALID')
    await store.reports.stage(bytesOf('b'), { title: 'b' })
    await store.close()
    expect([filesOf(directory), temporaryOf(directory)]).toEqual([[], []])
  })

  test('belong to one kind of one store', async () => {
    const store = await openShelf()
    const other = await openShelf()
    await using staged = await store.reports.stage(bytesOf('a'), { title: 'a' })
    expect(await outcomeOf(other.commit((tx) => tx.reports.attach(staged)))).toBe('OPTION_INVALID')
    expect(await outcomeOf(store.commit((tx) => tx.captures.attach(staged)))).toBe('OPTION_INVALID')
    expect(await outcomeOf(store.commit((tx) => tx.reports.attach({ id: staged.id, hash: staged.hash } as never)))).toBe('OPTION_INVALID')
  })

  test('[A1] are put back to their place when somebody took the file away', async () => {
    const store = await openShelf()
    await using staged = await store.reports.stage(bytesOf('a'), { title: 'a' })
    // As on a file system without second names, where nobody sees that the file is about to be recorded.
    rmSync(join(store.directory, 'artifacts', staged.hash.slice(0, 2), staged.hash))
    await store.commit((tx) => tx.reports.attach(staged))
    expect(await store.reports.check(staged.id)).toBe('whole')
  })

  test('a commit that was queued before the store was closed still records them', async () => {
    const directory = temporaryDirectory()
    const store = await openShelf({ directory })
    const staged = await store.reports.stage(bytesOf('a'), { title: 'a' })
    const committed = store.commit((tx) => tx.reports.attach(staged))
    await store.close()
    await committed
    await using again = await openStore(shelf, { directory })
    expect(await again.reports.check(staged.id)).toBe('whole')
  })
})

describe('updating', () => {
  test('changes what is known and what it belongs to, and nothing else', async () => {
    const store = await openShelf()
    const { id, hash } = await store.reports.put(bytesOf('a'), { title: 'a' }, { name: 'a', job: 'j' })
    await store.commit((tx) => tx.reports.update(id, { meta: { title: 'b' }, record: 'hosts/1', job: null }))
    expect(store.reports.get(id)).toEqual(expect.objectContaining({ hash, version: 1, name: 'a', meta: { title: 'b' }, record: 'hosts/1' }))
    expect(store.reports.get(id)).not.toHaveProperty('job')
    const same = await store.commit((tx) => tx.reports.update(id, { name: 'a' }))
    expect(same.changed).toBe(false)
    const update = (changes: object): Promise<unknown> => outcomeOf(store.commit((tx) => tx.reports.update(id, changes)))
    expect(await update({ meta: { title: 1 } })).toBe('SCHEMA_REJECTED')
    expect(await update({ name: '../a' })).toBe('VALUE_INVALID')
    expect(await update({ hash: 'a' })).toBe('OPTION_INVALID')
    expect(await outcomeOf(store.commit((tx) => tx.reports.update('nobody', { name: 'a' })))).toBe('KEY_MISSING')
    expect(await outcomeOf(store.commit((tx) => tx.reports.delete(id, { expect: 1000 })))).toBe('REVISION_CONFLICT')
  })
})

describe('states of the store', () => {
  test('inside a commit, read-only and closed it refuses', async () => {
    const directory = temporaryDirectory()
    const store = await openShelf({ directory })
    const { id } = await store.reports.put(bytesOf('a'), { title: 'a' })
    const { reports } = store
    const calls = (of: Shelf['reports']): Promise<unknown>[] =>
      [
        () => of.put(bytesOf('b'), { title: 'b' }),
        () => of.stage(bytesOf('b'), { title: 'b' }),
        () => of.sweep(),
        () => of.open(id),
        () => of.check(id),
        () => of.available(id),
      ].map((call) => outcomeOf(call()))
    let inside: unknown[] = []
    const nested = [() => reports.put(bytesOf('b'), { title: 'b' }), () => reports.sweep(), () => reports.open(id), () => reports.check(id)]
    await store.commit(() => {
      inside = nested.map((call) => outcome(call))
    })
    expect(await Promise.all((inside as Promise<unknown>[]).map((call) => outcomeOf(call)))).toEqual(nested.map(() => 'COMMIT_NESTED'))
    await store.close()
    expect(await Promise.all(calls(reports))).toEqual(Array.from({ length: 6 }, () => 'STORE_CLOSED'))
    const readOnly = await openShelf({ directory, readOnly: true })
    const [put, stage, sweep, stream, check, available] = await Promise.all(calls(readOnly.reports))
    expect([put, stage, sweep, check, available]).toEqual(['STORE_READ_ONLY', 'STORE_READ_ONLY', 'STORE_READ_ONLY', 'whole', true])
    expect(await readAll(stream as Readable)).toBe('a')
  })

  test('closing ends a put that is under way, and leaves nothing of it', async () => {
    const directory = temporaryDirectory()
    const store = await openShelf({ directory })
    const stuck = new Readable({ read: () => undefined })
    stuck.push(bytesOf('begun'))
    const put = outcomeOf(store.reports.put(stuck, { title: 'a' }))
    await expect.poll(() => temporaryOf(directory)).toHaveLength(1)
    await store.close()
    expect(await put).toBe('STORE_CLOSED')
    expect(stuck.destroyed).toBe(true)
    expect([filesOf(directory), temporaryOf(directory)]).toEqual([[], []])
    expect(readdirSync(join(directory, 'artifacts', 'tmp'))).toEqual([])
  })

  test('a store in memory keeps its files in a temporary directory, until it is closed', async () => {
    const before = readdirSync(tmpdir())
    const store = await openShelf({ memory: true })
    expect(readdirSync(tmpdir())).toEqual(before)
    const { id } = await store.reports.put(bytesOf('a'), { title: 'a' })
    expect(await readAll(await store.reports.open(id))).toBe('a')
    expect(await store.reports.sweep()).toEqual({ temporary: 0, orphans: 0 })
    expect(await store.reports.check(id)).toBe('whole')
    await store.close()
    expect(readdirSync(tmpdir())).toEqual(before)
  })

  test('a directory made elsewhere stays as it is', async () => {
    const store = await openShelf()
    const root = join(store.directory, 'artifacts')
    mkdirSync(root)
    chmodSync(root, 0o750)
    await store.reports.put(bytesOf('a'), { title: 'a' })
    expect(statSync(root).mode & 0o777).toBe(0o750)
  })
})
