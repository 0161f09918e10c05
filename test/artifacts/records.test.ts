import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { openStore } from '../../src/index.ts'
import { outcome, outcomeOf } from '../support/outcome.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { bytesOf, filesOf, hashOf, expectNothing, openShelf, readAll, type Shelf, shelf, temporaryOf } from './shelf.ts'

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
