import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eachDriver } from '../support/drivers.ts'
import { canMount } from '../support/privileges.ts'
import { Program } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { FaultyCalls } from './faulty-program.ts'

const faultyProgram = new URL('./faulty-program.ts', import.meta.url)

eachDriver((driver) => {
  describe.skipIf(!canMount)('a full disk (needs root that may mount)', () => {
    /** A program with a store on a small file system that only it sees. */
    async function start(sizeMiB: number): Promise<{ readonly program: Program<FaultyCalls>; grow(): void }> {
      const mountPoint = temporaryDirectory()
      const mount = 'mount -t tmpfs -o mode=0700,size="$0" tmpfs "$1" && shift && exec "$@"'
      const under = ['unshare', '--mount', 'sh', '-c', mount, `${sizeMiB}m`, mountPoint]
      const program = new Program<FaultyCalls>(faultyProgram, { under })
      await program.call('open', { directory: join(mountPoint, 'state'), driver })
      const grow = (): void => {
        execFileSync('nsenter', ['--mount', '-t', `${program.pid}`, 'mount', '-o', `remount,size=${sizeMiB * 16}m`, mountPoint])
      }
      return { program, grow }
    }

    test('[P2] [X40] commits fail with DISK_FULL and nothing partial, reads go on, and work resumes when there is space', async () => {
      const { program, grow } = await start(3)
      await program.call('title', 'before')
      let written = 0
      let said = await program.call('lines', 1, 100_000)
      for (; said[0]?.revision !== undefined; said = await program.call('lines', 1, 100_000)) written += 1
      expect(written).toBeGreaterThan(5)
      expect(said).toEqual([{ code: 'DISK_FULL' }])
      expect((await program.call('lines', 5, 100_000)).map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => 'DISK_FULL'))
      expect(await program.call('read')).toEqual({ title: 'before', lines: written })
      grow()
      expect(await program.call('title', 'after')).toEqual({ revision: written + 2 })
      expect((await program.call('lines', 3, 100_000)).map(({ revision }) => revision)).toEqual([written + 3, written + 4, written + 5])
      expect(await program.call('read')).toEqual({ title: 'after', lines: written + 3 })
      expect(await program.call('health')).toMatchObject({ state: 'open', ready: true })
      await program.call('close')
    })

    test('[X51] health is not ready while the disk is full and says why, and is ready again once there is space, without a commit', async () => {
      const { program, grow } = await start(3)
      expect(await program.call('health')).toMatchObject({ ready: true, reasons: [] })
      let said = await program.call('lines', 1, 100_000)
      while (said[0]?.revision !== undefined) said = await program.call('lines', 1, 100_000)
      const { live, ready, reasons } = await program.call('health')
      expect([live, ready, reasons]).toEqual([true, false, [expect.stringMatching(/^The disk of .* is full: \d+ KiB are left\.$/)]])
      grow()
      // What the last write failed with is believed until one succeeds, which asking for health brings about.
      await program.call('ready')
      expect(await program.call('title', 'after')).toMatchObject({ revision: expect.any(Number) })
      expect(await program.call('health')).toMatchObject({ ready: true, reasons: [] })
      await program.call('close')
    })

    test('[C5] [X40] a callback that catches the error of a full disk and goes on writes nothing, and is told the cause', async () => {
      const { program, grow } = await start(6)
      await program.call('title', 'before')
      expect(await program.call('stubbornLines', 150, 100_000)).toEqual({ code: 'DISK_FULL' })
      expect(await program.call('read')).toEqual({ title: 'before', lines: 0 })
      expect(await program.call('title', 'goes on')).toEqual({ revision: 2 })
      grow()
      expect(await program.call('stubbornLines', 150, 100_000)).toEqual({ revision: 3 })
      expect(await program.call('read')).toEqual({ title: 'goes on', lines: 150 })
      await program.call('close')
    })
  })
})
