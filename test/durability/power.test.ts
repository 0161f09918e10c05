import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eachDriver } from '../support/drivers.ts'
import { hasStrace, isRoot } from '../support/privileges.ts'
import { Program } from '../support/program.ts'
import { attach } from '../support/strace.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { FaultyCalls } from './faulty-program.ts'

const faultyProgram = new URL('./faulty-program.ts', import.meta.url)

eachDriver((driver) => {
  describe.skipIf(!hasStrace || !isRoot)('syncs (seen by strace, which needs root)', () => {
    async function start(): Promise<{ readonly program: Program<FaultyCalls>; readonly wal: string }> {
      const directory = temporaryDirectory()
      const program = new Program<FaultyCalls>(faultyProgram)
      await program.call('open', { directory, driver })
      return { program, wal: join(directory, 'store.db-wal') }
    }

    test('[C3] [D1] [P1] a power commit is acknowledged after its sync, a process commit before', async () => {
      const { program, wal } = await start()
      await program.call('title', 'first', 'process')
      const strace = await attach(program.pid, { calls: ['fdatasync'], inject: 'delay_exit=400000', path: wal })
      const startedAt = performance.now()
      const order: string[] = []
      const power = program.call('title', 'power', 'power').then(() => order.push('power'))
      const weak = program.call('title', 'process', 'process').then(() => order.push('process'))
      await weak
      const weakMs = performance.now() - startedAt
      await power
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(400)
      expect(weakMs).toBeLessThan(350)
      expect(order).toEqual(['process', 'power'])
      expect((await strace.detach()).length).toBeGreaterThanOrEqual(1)
    })

    test('[C3] [D7] a power commit that changes nothing waits until what it read is durable, also where that was written weakly', async () => {
      const { program, wal } = await start()
      await program.call('title', 'first', 'process')
      await program.call('title', 'second', 'power')
      await program.call('title', 'weak', 'process')
      const strace = await attach(program.pid, { calls: ['fdatasync'], path: wal })
      expect(await program.call('title', 'weak', 'power')).toEqual({ revision: 3 })
      // The helper, which looks after the log for followers, may have synced the weak commit meanwhile as well.
      expect([1, 2]).toContain((await strace.detach()).length)
    })

    test('[D1] every sync is the helper’s, one covers all commits made before it, and the main thread makes none', async () => {
      const { program } = await start()
      const strace = await attach(program.pid, { calls: ['fdatasync', 'fsync'] })
      for (let i = 0; i < 5; i += 1) await program.call('lines', 200, 100)
      const seen = await strace.detach()
      const threads = new Set(seen.map((line) => Number.parseInt(line, 10)))
      expect(seen.length).toBeGreaterThanOrEqual(5)
      expect(seen.length).toBeLessThan(100)
      expect(threads.size).toBe(1)
      expect(threads).not.toContain(program.pid)
    })

    test('[D1] the main thread syncs nothing even when the log is emptied and begins anew: the helper writes its header', async () => {
      const { program, wal } = await start()
      const strace = await attach(program.pid, { calls: ['fdatasync', 'fsync', 'pwrite64'], path: wal })
      for (let i = 0; i < 6; i += 1) await program.call('lines', 4, 1_000_000)
      const seen = await strace.detach()
      const main = seen.filter((line) => line.startsWith(`${program.pid} `))
      expect(main.some((line) => line.includes('pwrite64'))).toBe(true)
      expect(main.filter((line) => line.includes('sync('))).toEqual([])
      const headers = seen.filter((line) => /pwrite64\(\d+, "7\\177\\6\\20[23]/.test(line))
      expect(headers.length).toBeGreaterThanOrEqual(1)
      expect(headers.filter((line) => main.includes(line))).toEqual([])
    })

    test('[D1] the directory is synced after the log was created', async () => {
      const directory = temporaryDirectory()
      const file = join(temporaryDirectory(), 'trace')
      const under = ['strace', '-f', '-y', '-e', 'trace=openat,fsync,fdatasync', '-o', file]
      const program = new Program<FaultyCalls>(faultyProgram, { under })
      await program.call('open', { directory, driver })
      await program.call('title', 'first')
      await program.call('close')
      await program.kill()
      const seen = readFileSync(file, 'utf8').split('\n')
      const created = seen.findIndex((line) => line.includes('store.db-wal"') && line.includes('O_CREAT'))
      const synced = seen.findLastIndex((line) => line.includes(`fsync(`) && line.includes(`<${directory}>`))
      const acknowledged = seen.findLastIndex((line) => line.includes('fdatasync('))
      expect(created).toBeGreaterThan(0)
      expect(synced).toBeGreaterThan(created)
      expect(acknowledged).toBeGreaterThan(synced)
    })
  })

  test.runIf(hasStrace)('[D6] an open store opens store.db and -shm through SQLite only (needs strace)', async () => {
    const directory = temporaryDirectory()
    const file = join(temporaryDirectory(), 'trace')
    const under = ['strace', '-f', '-e', 'trace=open,openat,openat2,creat', '-o', file]
    await new Program<FaultyCalls>(faultyProgram).call('open', { directory, driver })
    const program = new Program<FaultyCalls>(faultyProgram, { under })
    await program.call('open', { directory, driver })
    for (let i = 0; i < 4; i += 1) await program.call('lines', 4, 1_000_000)
    await program.call('snapshot')
    await program.call('health')
    await program.call('close')
    await program.kill()
    const opens = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /store\.db(-shm)?"/.test(line))
    expect(opens.length).toBeGreaterThan(2)
    // Every file SQLite opens, it opens without following a link; the other is the one that would create it, and does not.
    expect(opens.filter((line) => !line.includes('O_NOFOLLOW') && !line.includes('EEXIST'))).toEqual([])
  })

  test('[D1] a sync waits for nothing in libuv’s pool', async () => {
    const directory = temporaryDirectory()
    const pipes = [1, 2, 3, 4].map((number) => join(temporaryDirectory(), `pipe${number}`))
    execFileSync('mkfifo', pipes)
    const program = new Program<FaultyCalls>(faultyProgram, { env: { UV_THREADPOOL_SIZE: '4' } })
    await program.call('open', { directory, driver })
    await program.call('holdPool', pipes)
    expect(await program.call('title', 'durable')).toEqual({ revision: 1 })
    for (const pipe of pipes) writeFileSync(pipe, '')
    await program.call('close')
  })
})
