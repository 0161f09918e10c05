import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type CommitOf, defineState, log, type LogEntry } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { watchStatements } from '../support/statements.ts'
import { openElsewhere } from '../support/other-process.ts'
import { failureOf } from '../support/outcome.ts'
import { openSample } from '../support/sample-state.ts'

const Line = z.number()
const streams = defineState({
  name: 'streams',
  version: 1,
  kinds: {
    all: log(Line),
    total: log(Line, { retention: { entries: 80 } }),
    each: log(Line, { retention: { entriesPerStream: 8 } }),
    both: log(Line, { retention: { entries: 40, entriesPerStream: 16 } }),
  },
})

const seqs = (entries: readonly LogEntry[]): number[] => entries.map(({ seq }) => seq)
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

eachDriver((driver) => {
  describe('reading a log', () => {
    test('[R3] gives the newest entries in ascending order, and pages both ways by number', async () => {
      const store = await openState(streams, { driver, memory: true })
      await store.commit((tx) => {
        for (let i = 1; i <= 500; i += 1) tx.all.append(i, { stream: i % 2 === 0 ? 'even' : '' })
      })
      const { all } = store
      expect(seqs(all.read())).toEqual(range(301, 500))
      expect(seqs(all.read({ limit: 3 }))).toEqual([498, 499, 500])
      expect(seqs(all.read({ before: 300, limit: 3 }))).toEqual([297, 298, 299])
      expect(seqs(all.read({ after: 300, limit: 3 }))).toEqual([301, 302, 303])
      expect(seqs(all.read({ after: 0, limit: 2 }))).toEqual([1, 2])
      expect(seqs(all.read({ after: 100, before: 104 }))).toEqual([101, 102, 103])
      expect(seqs(all.read({ stream: 'even', limit: 3 }))).toEqual([496, 498, 500])
      expect(seqs(all.read({ stream: '', limit: 2, before: 10 }))).toEqual([7, 9])
      expect(seqs(all.read({ stream: 'even', after: 11, limit: 2 }))).toEqual([12, 14])
      expect([all.read({ stream: 'odd' }), all.read({ after: 500 }), all.read({ before: 1 })]).toEqual([[], [], []])
      expect([all.count(), all.count({ stream: 'even' }), all.count({ stream: 'none' })]).toEqual([500, 250, 0])
      expect(all.read({ limit: 1 })[0]).toEqual({ seq: 500, stream: 'even', value: 500, revision: 1, at: expect.any(Number) })
    })

    test('[R3] refuses what it does not know by name', async () => {
      const { all } = await openState(streams, { driver, memory: true })
      expect(() => all.read({ strem: 'a' } as never)).toThrow('did you mean "stream"?')
      for (const query of [{ after: -1 }, { before: 1.5 }, { limit: '5' }, { stream: 5 }, null, 'a']) {
        expect(() => all.read(query as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
      }
    })
  })

  describe('retention of a log', () => {
    test('[X48] keeps the newest entries, at most an eighth more than asked, over all streams and of each', async () => {
      const store = await openState(streams, { driver, memory: true })
      for (let i = 1; i <= 400; i += 1) {
        await store.commit(
          (tx) => {
            tx.total.append(i, { stream: `${i % 3}` })
            tx.each.append(i, { stream: `${i % 3}` })
            tx.both.append(i, { stream: `${i % 2}` })
          },
          { durability: 'process' },
        )
        const total = store.total.count()
        expect(total).toBe(Math.min(total, 90))
        expect(total).toBeGreaterThanOrEqual(Math.min(i, 80))
        for (const stream of ['0', '1', '2']) expect(store.each.count({ stream })).toBeLessThanOrEqual(9)
        expect(store.both.count()).toBeLessThanOrEqual(45)
      }
      const newest = store.total.read({ limit: 1000 })
      expect(seqs(newest)).toEqual(range(401 - newest.length, 400))
      for (const stream of ['0', '1', '2']) {
        const kept = store.each.read({ stream })
        expect(kept.length).toBeGreaterThanOrEqual(8)
        expect(kept.map(({ value }) => value)).toEqual(
          range(1, 400)
            .filter((i) => `${i % 3}` === stream)
            .slice(-kept.length),
        )
      }
    })

    test('[X48] trims in steps, each of which is a change that followers apply to what they hold', async () => {
      const store = await openState(streams, { driver })
      const follower = store.follow({ after: store.cursor })
      for (let i = 1; i <= 100; i += 1) {
        await store.commit(
          (tx) => {
            for (let n = 0; n < 5; n += 1) {
              tx.total.append(i, { stream: `${n % 2}` })
              tx.both.append(i, { stream: `${(i + n) % 3}` })
            }
            tx.each.append(i, { stream: `${i % 5}` })
          },
          { durability: 'process' },
        )
      }
      const commits = await take(follower, 100)
      await follower.return()
      for (const name of ['total', 'each', 'both'] as const) {
        expect(replay(commits, name)).toEqual(store[name].read({ limit: 1000 }).map(({ seq, stream, value }) => ({ seq, stream, value })))
      }
      const trims = commits.flatMap(({ changes }) => changes.filter(({ kind, op }) => kind === 'total' && op === 'trim'))
      expect(trims.length).toBeGreaterThan(10)
      expect(trims.length).toBeLessThanOrEqual(Math.ceil(500 / 11))
      expect(trims[0]).toEqual({ kind: 'total', op: 'trim', stream: null, through: 11 })
    })

    test.runIf(driver === 'node:sqlite')('[X48] appending counts nothing, and a trim reads one entry', async () => {
      const store = await openState(streams, { driver, memory: true })
      const append = (): Promise<unknown> =>
        store.commit((tx) => range(1, 50).forEach((i) => void tx.both.append(i, { stream: `${i % 2}` })))
      await append()
      const { seen, stop } = watchStatements()
      await append()
      stop()
      expect([...seen.rows.keys()].filter((sql) => sql.includes('count('))).toEqual([])
    })

    test('[X48] a commit that is rolled back trims nothing', async () => {
      const store = await openState(streams, { driver, memory: true })
      await store.commit((tx) => range(1, 90).forEach((i) => void tx.total.append(i)))
      const before = store.total.read({ limit: 1000 })
      const failed = store.commit((tx) => {
        range(1, 50).forEach((i) => void tx.total.append(i))
        expect(tx.total.count()).toBeLessThan(100)
        throw new Error('no')
      })
      const kept = store.commit((tx) => tx.total.append(91))
      expect((await failureOf(failed)).message).toBe('no')
      expect((await kept).value).toBe(91)
      expect(seqs(store.total.read({ limit: 1000 }))).toEqual([...seqs(before), 91].slice(-80))
    })

    test('numbers go on where another process stopped, and no entry is lost or numbered twice', async () => {
      const store = await openSample({ driver })
      const other = await openElsewhere({ directory: store.directory, driver })
      const theirs = (async () => {
        for (let i = 0; i < 20; i += 1) await other.call('append', `theirs ${i}`)
      })()
      for (let i = 0; i < 20; i += 1) await store.commit((tx) => tx.lines.append(`mine ${i}`))
      await theirs
      const entries = store.lines.read()
      expect(seqs(entries)).toEqual(range(1, 40))
      for (const who of ['mine', 'theirs']) {
        const values = entries.map(({ value }) => value).filter((value) => value.startsWith(who))
        expect(values).toEqual(range(0, 19).map((i) => `${who} ${i}`))
      }
    })
  })
})

/** What a replica holds of a log after applying the commits. */
function replay(commits: readonly CommitOf<typeof streams>[], name: string): { seq: number; stream: string; value: unknown }[] {
  let held: { seq: number; stream: string; value: unknown }[] = []
  for (const change of commits.flatMap(({ changes }) => changes)) {
    if (change.kind !== name) continue
    if (change.op === 'append') held.push({ seq: change.seq, stream: change.stream, value: change.value })
    else held = held.filter(({ seq, stream }) => seq > change.through || (change.stream !== null && stream !== change.stream))
  }
  return held
}
