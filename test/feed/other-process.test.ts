import { describe, expect, test } from 'vitest'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { openElsewhere } from '../support/other-process.ts'
import { hasStrace } from '../support/privileges.ts'
import { openSample } from '../support/sample-state.ts'
import { attach } from '../support/strace.ts'

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

eachDriver((driver) => {
  describe('commits of another process', () => {
    test('[F6] [X38] reach followers and watchers here, each soon', async () => {
      const store = await openSample({ driver })
      const other = await openElsewhere({ directory: store.directory, driver })
      const watched: number[] = []
      store.title.watch((_, { revision }) => watched.push(revision))
      const follower = store.follow()
      const waits: number[] = []
      for (const n of range(1, 30)) {
        const next = follower.next()
        await other.call('setTitle', `title ${n}`)
        const committedAt = performance.now()
        expect((await next).value).toMatchObject({ revision: n, changes: [{ value: `title ${n}` }] })
        waits.push(performance.now() - committedAt)
      }
      await follower.return()
      expect(watched).toEqual(range(1, 30))
      // 50 ms is promised for 99 of 100 on an idle machine, and measured by the benchmark; this machine also runs other tests.
      expect(waits.toSorted((a, b) => a - b)[15]).toBeLessThan(50)
    })

    test('[F6] [F1] are one history with one’s own: whoever commits, all follow the same', async () => {
      const store = await openSample({ driver })
      const other = await openElsewhere({ directory: store.directory, driver })
      const follower = store.follow()
      const theirs = other.call('count', 40)
      for (const n of range(1, 40)) await store.commit((tx) => tx.title.set(`${n}`))
      await theirs
      const commits = await take(follower, 80)
      await follower.return()
      expect(commits.map(({ revision }) => revision)).toEqual(range(1, 80))
      const counted = commits.flatMap(({ changes }) =>
        changes.flatMap((it) => (it.kind === 'counter' && it.op === 'put' ? [it.value] : [])),
      )
      expect(counted).toEqual(range(1, 40))
    })

    test('[F6] are found also where the other process came first, was killed, or opens later', async () => {
      const store = await openSample({ driver })
      const first = await openElsewhere({ directory: store.directory, driver })
      const follower = store.follow()
      const next = follower.next()
      await first.call('setTitle', 'first')
      expect((await next).value?.revision).toBe(1)
      await first.call('count', 5)
      await first.kill()
      expect((await take(follower, 5)).at(-1)?.revision).toBe(6)
      const later = follower.next()
      const second = await openElsewhere({ directory: store.directory, driver })
      await second.call('setTitle', 'second')
      expect((await later).value).toMatchObject({ revision: 7, changes: [{ kind: 'title', value: 'second', before: 'first' }] })
      await follower.return()
    })
  })
})

test('[F6] waiting costs less than 1 % of a core', async () => {
  const store = await openSample()
  const other = await openElsewhere({ directory: store.directory })
  await other.call('follow')
  await other.call('setTitle', 'settled')
  const { cpuMs, elapsedMs } = await other.call('idle', 1500)
  // 0.65 % was measured, beside seven busy processes; the rest is room for a collection of garbage.
  expect(cpuMs / elapsedMs).toBeLessThan(0.02)
  expect(await other.call('followed')).toBe(1)
})

test.runIf(hasStrace)('[F6] a follower that waits never looks at the log’s file (needs strace)', async () => {
  const store = await openSample()
  const other = await openElsewhere({ directory: store.directory })
  await other.call('follow')
  const strace = await attach(other.pid, { calls: ['stat', 'newfstatat', 'statx', 'fstat', 'open', 'openat', 'pread64', 'fcntl'] })
  await other.call('idle', 500)
  const lines = await strace.detach()
  expect(lines.filter((line) => /store\.db|-wal/.test(line) && /stat|open/.test(line))).toEqual([])
  expect(lines.length).toBeLessThan(2000)
})
