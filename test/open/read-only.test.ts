import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, log, openStore } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { hashFiles } from '../support/file-bytes.ts'
import { openState } from '../support/open-state.ts'
import { openElsewhere } from '../support/other-process.ts'
import { codeOf, failureOf } from '../support/outcome.ts'
import { canMount } from '../support/privileges.ts'
import { host, openSample, sample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const declared = defineState({
  name: 'sample',
  version: 1,
  kinds: {
    title: sample.kinds.title,
    hosts: collection(z.object({ address: z.string(), status: z.string() }), { key: 'address', indexes: { byNew: ['status'] } }),
    fresh: document(z.string()),
    more: collection(z.object({ id: z.string(), n: z.number() }), { key: 'id', indexes: { byN: ['n'] } }),
    notes: log(z.string()),
  },
})

eachDriver((driver) => {
  describe('opening read-only', () => {
    test('[M4] [X33] gives a defined answer where there is no store, and creates nothing', async () => {
      const directory = temporaryDirectory()
      const absent = join(directory, 'not', 'there')
      expect(await failureOf(openStore(sample, { directory: absent, driver, readOnly: true }))).toMatchObject({
        code: 'STORE_ABSENT',
        details: { directory: absent },
      })
      expect(codeOf(await failureOf(openStore(sample, { directory, driver, readOnly: true })))).toBe('STORE_ABSENT')
      expect(readdirSync(directory)).toEqual([])
      writeFileSync(join(directory, 'store.db'), '', { mode: 0o600 })
      expect(codeOf(await failureOf(openStore(sample, { directory, driver, readOnly: true })))).toBe('STORE_ABSENT')
      expect(readdirSync(directory)).toEqual(['store.db'])
      // What a first open that was killed leaves is no obstacle to the next.
      const store = await openSample({ directory, driver })
      expect(store.hosts.count()).toBe(0)
    })

    test('[M4] [X33] [R6] reads an older store: kinds that it does not have are empty, and not a byte changes', async () => {
      const directory = temporaryDirectory()
      const before = await openSample({ directory, driver })
      await before.commit((tx) => {
        tx.title.set('t')
        tx.hosts.put(host('a'))
      })
      await before.close()
      const bytes = hashFiles(directory)
      const store = await openStore(declared, { directory, driver, readOnly: true })
      expect([store.title.get(), store.hosts.get('a'), store.hosts.find().items.length]).toEqual(['t', host('a'), 1])
      expect([store.fresh.get(), store.fresh.entry(), store.more.get('x'), store.more.count(), store.more.find()]).toEqual([
        undefined,
        undefined,
        undefined,
        0,
        { items: [], next: undefined },
      ])
      expect([store.more.find({ index: 'byN', gt: 1 }).items, store.more.count({ index: 'byN' })]).toEqual([[], 0])
      expect([store.notes.read(), store.notes.count(), store.why('more', 'x'), store.why('fresh')]).toEqual([[], 0, undefined, undefined])
      const { kinds } = await store.snapshot()
      expect([kinds.title.count, kinds.more.count, [...kinds.fresh.items()], [...kinds.notes.items()]]).toEqual([1, 0, [], []])
      expect((await take(store.follow(), 1))[0]?.changes).toMatchObject([{ kind: 'title' }, { kind: 'hosts' }])
      // An index cannot be made up: that is said, instead of another answer.
      expect(() => store.hosts.find({ index: 'byNew' })).toThrow(
        'The store has the index "byNew" of "hosts" not, or not as it is declared; a program that opens it for writing builds it.',
      )
      expect(await store.prune()).toBe(0)
      await store.close()
      const { 'store.db-shm': _, 'store.db-wal': wal, ...after } = hashFiles(directory)
      expect(after).toEqual(bytes)
      // SQLite's readers need these two; the log they make is empty.
      if (wal !== undefined) expect(wal).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    })

    test('[M4] refuses commits, and sees those that others make', async () => {
      const directory = temporaryDirectory()
      const writer = await openElsewhere({ directory, driver })
      await writer.call('setTitle', 'before')
      const store = await openSample({ directory, driver, readOnly: true })
      expect(codeOf(await failureOf(store.commit((tx) => tx.title.set('x'))))).toBe('STORE_READ_ONLY')
      expect(store.title.get()).toBe('before')
      expect(store.health()).toMatchObject({ live: true, ready: false, reasons: ['The store was opened read-only.'] })
      const watched = new Promise<unknown>((resolve) => store.title.watch(resolve))
      const follower = store.follow({ after: store.cursor })
      const next = follower.next()
      await writer.call('setTitle', 'after')
      expect((await next).value).toMatchObject({ revision: 2, changes: [{ value: 'after', before: 'before' }] })
      expect(await watched).toMatchObject([{ value: 'after' }])
      expect(store.title.get()).toBe('after')
      await follower.return()
      await writer.call('close')
      expect((await store.snapshot()).revision).toBe(2)
    })

    test('[M4] sees what a killed process left in the log, and changes nothing of it', async () => {
      const directory = temporaryDirectory()
      const writer = await openElsewhere({ directory, driver })
      await writer.call('setTitle', 'acknowledged')
      await writer.kill()
      const before = hashFiles(directory)
      const store = await openStore(sample, { directory, driver, readOnly: true })
      expect(store.title.get()).toBe('acknowledged')
      await store.close()
      const after = hashFiles(directory)
      for (const name of ['store.db', 'store.db-wal']) expect(after[name]).toBe(before[name])
    })
  })

  test('[X33] a store of zero bytes is opened for writing as an absent one is', async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'store.db'), '', { mode: 0o600 })
    const store = await openState(declared, { directory, driver })
    await store.commit((tx) => tx.fresh.set('x'))
    expect([store.fresh.get(), store.more.find({ index: 'byN' }).items]).toEqual(['x', []])
  })
})

describe.runIf(canMount)('a directory on a read-only file system (needs root that may mount)', () => {
  const shell = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$0" "$2" "$1"'
  const program = join(import.meta.dirname, 'read-only-program.ts')
  const readThere = (directory: string): unknown =>
    JSON.parse(execFileSync('unshare', ['--mount', 'sh', '-c', shell, process.execPath, directory, program], { encoding: 'utf8' }))

  test('[M4] is read with immutable where no log has content, and not a byte changes', async () => {
    const directory = temporaryDirectory()
    const before = await openSample({ directory })
    await before.commit((tx) => tx.title.set('read there'))
    await before.close()
    const bytes = hashFiles(directory)
    expect(readThere(directory)).toEqual({
      'node:sqlite': ['read there', 1, 'STORE_READ_ONLY'],
      'better-sqlite3': 'DRIVER_UNAVAILABLE',
      writing: 'PERMISSION',
    })
    expect(hashFiles(directory)).toEqual(bytes)
  })

  test('[M4] with a log that has content it is refused, not read without it', async () => {
    const directory = temporaryDirectory()
    const writer = await openElsewhere({ directory })
    await writer.call('setTitle', 'only in the log')
    await writer.kill()
    const bytes = hashFiles(directory)
    const answer = readThere(directory) as Record<string, unknown>
    // Where the shared memory of the killed process is still there, it can be read; never without what the log has.
    for (const driver of ['node:sqlite', 'better-sqlite3']) {
      expect([['only in the log', 1, 'STORE_READ_ONLY'], 'PERMISSION']).toContainEqual(answer[driver])
    }
    expect(hashFiles(directory)).toEqual(bytes)
    expect(existsSync(join(directory, 'store.db-wal'))).toBe(true)
  })
})
