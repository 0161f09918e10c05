import { describe, expect, test } from 'vitest'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from '../../src/sqlite/driver.ts'
import { eachDriver } from '../support/drivers.ts'
import { hasStrace, isRoot } from '../support/privileges.ts'
import { Program } from '../support/program.ts'
import { openSample } from '../support/sample-state.ts'
import { attach, findThread } from '../support/strace.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { FaultyCalls } from './faulty-program.ts'

const faultyProgram = new URL('./faulty-program.ts', import.meta.url)

/** The newest revision in `store.db` itself, whatever its log holds: what has been copied and synced. */
async function readWithoutLog(directory: string): Promise<readonly Row[]> {
  const copy = temporaryDirectory()
  copyFileSync(join(directory, 'store.db'), join(copy, 'store.db'))
  return (await openTables(copy)).all('SELECT max(revision) FROM hf_commit')
}

eachDriver((driver) => {
  describe.skipIf(!hasStrace || !isRoot)('a disk that fails (needs strace and root)', () => {
    async function start(): Promise<{ readonly program: Program<FaultyCalls>; readonly directory: string; readonly wal: string }> {
      const directory = temporaryDirectory()
      const program = new Program<FaultyCalls>(faultyProgram)
      await program.call('open', { directory, driver })
      return { program, directory, wal: join(directory, 'store.db-wal') }
    }

    test('[C8] [P4] one sync fails: the outcome is unknown, the store opens itself anew, and lookup tells', async () => {
      const { program, directory, wal } = await start()
      const helper = await findThread(program.pid, ['fdatasync'], () => program.call('title', 'before'))
      const strace = await attach(helper, { calls: ['fdatasync'], inject: 'error=EIO:when=1', path: wal, isForAll: false })
      const unknown = await program.call('title', 'in doubt')
      const seen = await strace.detach()
      expect(seen.join('\n')).toContain('EIO (Input/output error) (INJECTED)')
      expect(unknown).toMatchObject({ code: 'COMMIT_UNKNOWN', token: expect.stringMatching(/^[\w-]{8}:2$/) })
      expect(await program.call('read')).toMatchObject({ title: 'in doubt' })
      expect(await program.call('lookup', unknown.token ?? '')).toMatchObject({ outcome: 'committed', revision: 2 })
      expect(await program.call('lookup', unknown.token?.replace(/:2$/, ':99') ?? '')).toEqual({ outcome: 'absent' })
      expect(await readWithoutLog(directory)).toEqual([[2]])
      expect(await program.call('title', 'after')).toEqual({ revision: 3 })
      expect(await program.call('health')).toMatchObject({ state: 'open', ready: true, published: 3 })
      expect(await program.call('reports')).toEqual(['recovered'])
      expect(await program.call('published')).toEqual([1, 2, 3])
      await program.kill()
      expect((await openSample({ directory, driver })).title.get()).toBe('after')
    })

    test('[C8] commits that wait for the same sync are all unknown; those queued meanwhile are made afterwards', async () => {
      const { program, wal } = await start()
      const helper = await findThread(program.pid, ['fdatasync'], () => program.call('title', 'before'))
      await attach(helper, { calls: ['fdatasync'], inject: 'error=EIO:when=1:delay_enter=100000', path: wal, isForAll: false })
      const together = await program.call('lines', 20, 10)
      expect(new Set(together.map(({ code }) => code))).toEqual(new Set(['COMMIT_UNKNOWN']))
      expect(await program.call('title', 'after')).toEqual({ revision: 22 })
      for (const { token = '' } of together) expect(await program.call('lookup', token)).toMatchObject({ outcome: 'committed' })
    })

    test('[C8] a write that fails at COMMIT is unknown as well, and lookup says absent', async () => {
      const { program, wal } = await start()
      await program.call('title', 'before')
      const strace = await attach(program.pid, { calls: ['pwrite64'], inject: 'error=EIO:when=1', path: wal, isForAll: false })
      const unknown = await program.call('title', 'lost')
      expect((await strace.detach()).join('\n')).toContain('INJECTED')
      expect(unknown.code).toBe('COMMIT_UNKNOWN')
      expect(await program.call('lookup', unknown.token ?? '')).toEqual({ outcome: 'absent' })
      expect(await program.call('read')).toMatchObject({ title: 'before' })
      expect(await program.call('title', 'after')).toEqual({ revision: 2 })
      expect(await program.call('reports')).toEqual(['recovered'])
    })

    test('[C8] a disk that goes on failing: STORE_POISONED, reads go on, and it closes', async () => {
      const { program, directory } = await start()
      await program.call('title', 'before')
      const strace = await attach(program.pid, { calls: ['fdatasync', 'fsync'], inject: 'error=EIO' })
      const unknown = await program.call('title', 'in doubt')
      expect(unknown.code).toBe('COMMIT_UNKNOWN')
      await program.call('reported', 'poisoned')
      expect(await program.call('title', 'refused')).toEqual({ code: 'STORE_POISONED' })
      expect(await program.call('read')).toMatchObject({ title: 'in doubt' })
      expect(await program.call('health')).toMatchObject({ state: 'poisoned', live: true, ready: false, published: 1 })
      expect(await program.call('snapshot')).toEqual({ code: 'STORE_POISONED' })
      expect(await program.call('lookup', unknown.token ?? '')).toBe('STORE_POISONED')
      expect(await program.call('published')).toEqual([1])
      await strace.detach()
      expect(await program.call('title', 'still refused')).toEqual({ code: 'STORE_POISONED' })
      await program.call('close')
      await program.kill()
      const again = await openSample({ directory, driver })
      expect(['before', 'in doubt']).toContain(again.title.get())
      expect(await again.commit((tx) => tx.title.set('works again'))).toMatchObject({ changed: true })
    })

    test('[C8] [D1] a failed sync while closing is not asked for again, and the commit is told', async () => {
      const { program } = await start()
      await program.call('title', 'weak', 'process')
      const strace = await attach(program.pid, { calls: ['fdatasync'], inject: 'error=EIO' })
      const commit = program.call('title', 'in doubt')
      const closed = program.call('close')
      expect(await commit).toMatchObject({ code: 'COMMIT_UNKNOWN' })
      await closed
      const seen = await strace.detach()
      expect(seen.filter((line) => line.includes('INJECTED'))).toHaveLength(1)
    })

    test('[C8] a store on a disk that does nothing any more closes, and opens again in the same process when it is back', async () => {
      const { program, directory } = await start()
      await program.call('title', 'before')
      const strace = await attach(program.pid, { calls: ['fdatasync', 'fsync', 'pwrite64', 'ftruncate'], inject: 'error=EIO' })
      expect(await program.call('title', 'in doubt')).toMatchObject({ code: 'COMMIT_UNKNOWN' })
      await program.call('close')
      expect(await program.call('reports')).toContain('poisoned')
      await strace.detach()
      await program.call('open', { directory, driver: driver === 'node:sqlite' ? 'better-sqlite3' : 'node:sqlite' })
      expect(await program.call('title', 'after')).toEqual({ revision: 2 })
    })
  })
})
