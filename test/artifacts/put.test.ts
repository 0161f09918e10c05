import { existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type ByteSource, isHoldfastError, type PutProgress } from '../../src/index.ts'
import { eachDriver } from '../support/drivers.ts'
import { failureOf, outcomeOf } from '../support/outcome.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { bytesOf, filesOf, hashOf, expectNothing, openShelf, readAll, temporaryOf } from './shelf.ts'

const large = 'holdfast '.repeat(400_000)

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
