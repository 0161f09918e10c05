import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import * as v8 from 'node:v8'
import * as vm from 'node:vm'
import { describe, expect, test } from 'vitest'
import { find, type InstanceInfo, list, register, sweep } from '../../src/registry.ts'
import type { Connection, Driver } from '../../src/sqlite/driver.ts'
import { loadDriver } from '../../src/sqlite/load-driver.ts'
import { holdLifeLock, probeLife } from '../../src/sqlite/life-lock.ts'
import { codeOf, outcomeOf } from '../support/outcome.ts'
import { canUnshareProcesses, isRoot } from '../support/privileges.ts'
import { Program, type ProgramOptions } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { asUser } from './as-user.ts'
import type { RegisteringCalls } from './registering-program.ts'

type Elsewhere = Program<RegisteringCalls>

/** A registry of this test's own. */
function registryPlace(): { readonly directory: string; readonly in: { readonly directory: string } } {
  const directory = join(temporaryDirectory(), 'registry')
  return { directory, in: { directory } }
}

function startElsewhere(directory: string, options: ProgramOptions = {}): Elsewhere {
  const env = { HOLDFAST_REGISTRY_DIR: directory }
  return new Program<RegisteringCalls>(new URL('./registering-program.ts', import.meta.url), { ...options, env })
}

async function registerElsewhere(directory: string, info: InstanceInfo, options: ProgramOptions = {}): Promise<Elsewhere> {
  const program = startElsewhere(directory, options)
  await program.call('register', info)
  return program
}

const pids = async (directory: string): Promise<readonly number[]> => (await list({ directory })).map(({ pid }) => pid)

describe('registering', () => {
  test('[G1] what runs is listed with what it says of itself, until it is released', async () => {
    const place = registryPlace()
    expect(await list(place.in)).toEqual([])
    expect(existsSync(place.directory)).toBe(false)
    const store = temporaryDirectory()
    const mine = await register({ name: 'netscan', directory: store, versions: { netscan: '2.1.0' } }, place.in)
    mine.update({ port: 4173, url: 'http://127.0.0.1:4173/' })
    const [seen] = await list(place.in)
    expect(seen).toEqual({
      name: 'netscan',
      directory: store,
      port: 4173,
      url: 'http://127.0.0.1:4173/',
      versions: { node: process.versions.node, netscan: '2.1.0' },
      instance: mine.info.instance,
      pid: process.pid,
      startedAt: mine.info.startedAt,
    })
    expect(Object.isFrozen(seen)).toBe(true)
    await mine.release()
    await mine.release()
    expect(await list(place.in)).toEqual([])
    expect(readdirSync(place.directory)).toEqual([])
    expect(() => mine.update({ port: 1 })).toThrow(expect.objectContaining({ code: 'REGISTRATION_RELEASED' }))
  })

  test('[G1] it is found by name, and by any path of its directory', async () => {
    const place = registryPlace()
    const store = temporaryDirectory()
    const link = join(temporaryDirectory(), 'link')
    symlinkSync(store, link)
    await using _netscan = await register({ name: 'netscan', directory: store }, place.in)
    await using _other = await register({ name: 'other' }, place.in)
    const names = async (query: object): Promise<readonly string[]> => (await find(query, place.in)).map(({ name }) => name)
    expect(await names({ name: 'other' })).toEqual(['other'])
    expect(await names({ directory: link })).toEqual(['netscan'])
    expect(await names({ directory: store, name: 'other' })).toEqual([])
    expect(await outcomeOf(find({}, place.in))).toBe('OPTION_INVALID')
  })

  test('misuse is refused, and an address that could carry a token', async () => {
    const place = registryPlace()
    const infos: object[] = [{}, { name: '' }, { name: 'a', prot: 1 }, { name: 'a', port: 0 }, { name: 'a', versions: { a: 1 } }]
    const urls = ['http://a/?t=1', 'http://a/#t', 'http://u:p@a/', 'javascript:alert(1)', 'nothing'].map((url) => ({ name: 'a', url }))
    for (const info of [...infos, ...urls]) expect(await outcomeOf(register(info as InstanceInfo, place.in))).toBe('OPTION_INVALID')
    expect(existsSync(place.directory)).toBe(false)
  })

  test('[G1] who lets go of the handle stays registered, whatever is collected', async () => {
    const place = registryPlace()
    await register({ name: 'careless' }, place.in)
    v8.setFlagsFromString('--expose-gc')
    const collect = vm.runInNewContext('gc') as () => void
    const other = startElsewhere(place.directory)
    for (let times = 0; times < 3; times += 1) {
      collect()
      await nextTurn()
    }
    expect((await other.call('findName', 'careless')).map(({ pid }) => pid)).toEqual([process.pid])
  })
})

describe('life', () => {
  test('[G1] [X43] who is killed is dead at once, and swept', async () => {
    const place = registryPlace()
    const program = await registerElsewhere(place.directory, { name: 'victim' })
    expect(await pids(place.directory)).toEqual([program.pid])
    expect(await sweep(place.in)).toBe(0)
    await program.kill()
    expect(await list(place.in)).toEqual([])
    // Reading has deleted nothing.
    expect(readdirSync(place.directory)).toHaveLength(2)
    expect(await sweep(place.in)).toBe(1)
    expect(readdirSync(place.directory)).toEqual([])
  })

  test('[G1] registering sweeps, too', async () => {
    const place = registryPlace()
    const program = await registerElsewhere(place.directory, { name: 'victim' })
    await program.kill()
    await using mine = await register({ name: 'next' }, place.in)
    expect(readdirSync(place.directory).toSorted()).toEqual([`${mine.info.instance}.json`, `${mine.info.instance}.lock`])
  })

  test('[X43] the id of a living process proves nothing', async () => {
    const place = registryPlace()
    mkdirSync(place.directory, { mode: 0o700 })
    const instance = 'ab'.repeat(16)
    // As left by a program whose id now belongs to another, here to the parent of this one.
    const info = { name: 'ghost', instance, pid: process.ppid, startedAt: Date.now() }
    writeFileSync(join(place.directory, `${instance}.json`), JSON.stringify(info))
    writeFileSync(join(place.directory, `${instance}.lock`), '')
    expect(await list(place.in)).toEqual([])
    expect(await sweep(place.in)).toBe(1)
    expect(readdirSync(place.directory)).toEqual([])
  })

  test('[G1] a stopped process is alive', async () => {
    const place = registryPlace()
    const program = await registerElsewhere(place.directory, { name: 'sleeper' })
    process.kill(program.pid, 'SIGSTOP')
    expect(await sweep(place.in)).toBe(0)
    expect(await pids(place.directory)).toEqual([program.pid])
  })

  test('[X42] no clock and no age makes a living one dead', async () => {
    const place = registryPlace()
    const program = await registerElsewhere(place.directory, { name: 'steady' })
    for (const at of [0, 4_102_444_800]) {
      for (const name of readdirSync(place.directory)) utimesSync(join(place.directory, name), at, at)
      expect(await sweep(place.in)).toBe(0)
      expect(await pids(place.directory)).toEqual([program.pid])
    }
  })

  test('[G1] a child that outlives its parent keeps nothing alive', async () => {
    const place = registryPlace()
    const program = await registerElsewhere(place.directory, { name: 'parent' })
    const child = await program.call('spawnSurvivor')
    try {
      await program.kill()
      expect(process.kill(child, 0)).toBe(true)
      expect(await list(place.in)).toEqual([])
    } finally {
      process.kill(child, 'SIGKILL')
    }
  })

  test('[G1] processes that sweep together never take each other for the dead one', async () => {
    const place = registryPlace()
    const living = await registerElsewhere(place.directory, { name: 'living' })
    const sweepers = [startElsewhere(place.directory), startElsewhere(place.directory)]
    let swept = 0
    for (let round = 0; round < 3; round += 1) {
      const victims = await Promise.all([1, 2].map(() => registerElsewhere(place.directory, { name: 'victim' })))
      await Promise.all(victims.map((victim) => victim.kill()))
      const [counts, lists] = await Promise.all([
        Promise.all(sweepers.map((sweeper) => sweeper.call('sweep'))),
        Promise.all(sweepers.map((sweeper) => sweeper.call('list'))),
      ])
      swept += Math.max(...counts)
      for (const found of lists) expect(found.map(({ pid }) => pid)).toEqual([living.pid])
    }
    expect(swept).toBeGreaterThan(0)
    expect(readdirSync(place.directory)).toHaveLength(2)
  })

  test('[G1] two probers at once both find a dead one dead', async () => {
    const driver = await loadDriver('node:sqlite')
    const file = join(temporaryDirectory(), 'lock')
    writeFileSync(file, '')
    let inner: unknown
    expect(probeLife(driver, file, () => (inner = probeLife(driver, file)))).toBe('free')
    expect(inner).toBe('free')
  })

  test('[G1] who is swept while it is registering takes another name', async () => {
    const driver = await loadDriver('node:sqlite')
    const file = join(temporaryDirectory(), 'lock')
    const sweptBefore: Driver = {
      ...driver,
      open: (options) => {
        rmSync(file)
        return driver.open(options)
      },
    }
    const sweptAfter: Driver = {
      ...driver,
      open: (options) => {
        const connection = driver.open(options)
        rmSync(file)
        return connection
      },
    }
    let prober: Connection | undefined
    const probed: Driver = {
      ...driver,
      open: (options) => {
        prober = driver.open({ file, readOnly: true })
        prober.exec('BEGIN; SELECT count(*) FROM sqlite_master')
        return driver.open(options)
      },
    }
    for (const disturbed of [sweptBefore, sweptAfter, probed]) {
      expect(holdLifeLock(disturbed, file)).toBeUndefined()
      expect(existsSync(file)).toBe(false)
    }
    prober?.close()
    const lock = holdLifeLock(driver, file)
    expect(probeLife(driver, file)).toBe('held')
    lock?.release()
    expect(existsSync(file)).toBe(false)
  })

  test('[G1] what is left of one that was killed while it was registering is swept', async () => {
    const place = registryPlace()
    mkdirSync(place.directory, { mode: 0o700 })
    writeFileSync(join(place.directory, `${'cd'.repeat(16)}.lock`), '')
    writeFileSync(join(place.directory, `${'ce'.repeat(16)}.0123456789ab.tmp`), '')
    expect(await sweep(place.in)).toBe(0)
    expect(readdirSync(place.directory)).toEqual([])
  })

  test.skipIf(!canUnshareProcesses)('[X43] a process of another pid namespace is alive until it is dead (needs unshare)', async () => {
    const place = registryPlace()
    // Killed with its parent, so that it ends with the test.
    const under = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
    const program = await registerElsewhere(place.directory, { name: 'contained' }, { under })
    expect(await program.call('pid')).toBe(1)
    expect(await pids(place.directory)).toEqual([1])
    expect(await sweep(place.in)).toBe(0)
    await using _outside = await register({ name: 'outside' }, place.in)
    expect((await program.call('list')).map(({ name }) => name)).toEqual(['contained', 'outside'])
    await program.kill()
    await expect.poll(() => pids(place.directory)).toEqual([process.pid])
  })

  test.skipIf(!isRoot)('[X43] one that may not be asked counts as alive (needs root)', async () => {
    const place = registryPlace()
    const user = 65_534
    const instance = 'ef'.repeat(16)
    mkdirSync(place.directory, { mode: 0o700 })
    const info = join(place.directory, `${instance}.json`)
    writeFileSync(info, JSON.stringify({ name: 'guarded', instance, pid: 1, startedAt: 1 }), { mode: 0o600 })
    const lock = join(place.directory, `${instance}.lock`)
    writeFileSync(lock, '', { mode: 0o600 })
    for (const path of [place.directory, info]) chownSync(path, user, user)
    // The other user must get there.
    for (const path of [join(place.directory, '..'), tmpdir()]) chmodSync(path, 0o755)
    expect(asUser(user, place.directory)).toEqual({ names: ['guarded'], swept: 0 })
    expect(existsSync(lock)).toBe(true)
  })
})

describe('the directory', () => {
  test.each([0, 0o777])('[G1] is 0700 and its files 0600, whatever the umask: %i', async (mask) => {
    const place = registryPlace()
    const before = process.umask(mask)
    try {
      await using mine = await register({ name: 'open' }, place.in)
      mine.update({ port: 1 })
      expect(statSync(place.directory).mode & 0o777).toBe(0o700)
      const modes = readdirSync(place.directory).map((name) => lstatSync(join(place.directory, name)).mode & 0o777)
      expect(modes).toEqual([0o600, 0o600])
    } finally {
      process.umask(before)
    }
  })

  test('[G1] [Z12] is refused when others may write in it, when it belongs to someone else, and when it is a link', async () => {
    const parent = temporaryDirectory()
    const open = join(parent, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    const link = join(parent, 'link')
    symlinkSync(temporaryDirectory(), link)
    const file = join(parent, 'file')
    writeFileSync(file, '')
    const cases: [string, string][] = [
      [open, 'PERMISSION'],
      [link, 'DIRECTORY_INVALID'],
      [file, 'DIRECTORY_INVALID'],
    ]
    if (isRoot) {
      const foreign = join(parent, 'foreign')
      mkdirSync(foreign, { mode: 0o700 })
      chownSync(foreign, 65_534, 65_534)
      cases.push([foreign, 'PERMISSION'])
    }
    for (const [directory, code] of cases) {
      expect(await outcomeOf(register({ name: 'a' }, { directory })), directory).toBe(code)
      expect(await outcomeOf(list({ directory })), directory).toBe(code)
      expect(await outcomeOf(sweep({ directory })), directory).toBe(code)
    }
    expect(readdirSync(open)).toEqual([])
  })

  test('[Z12] planted links and foreign files are neither followed nor listed nor deleted', async () => {
    const place = registryPlace()
    mkdirSync(place.directory, { mode: 0o700 })
    const secret = join(temporaryDirectory(), 'secret')
    const instance = '0a'.repeat(16)
    writeFileSync(secret, JSON.stringify({ name: 'linked', instance, pid: 1, startedAt: 1 }))
    symlinkSync(secret, join(place.directory, `${instance}.json`))
    symlinkSync(secret, join(place.directory, `${instance}.lock`))
    writeFileSync(join(place.directory, 'notes.txt'), 'mine')
    const damaged = '0b'.repeat(16)
    writeFileSync(join(place.directory, `${damaged}.json`), '{"name":')
    expect(await list(place.in)).toEqual([])
    await sweep(place.in)
    expect(existsSync(secret)).toBe(true)
    expect(readdirSync(place.directory).toSorted()).toEqual([`${instance}.json`, `${instance}.lock`, 'notes.txt'])
  })

  test('a hostile name or path stays text', async () => {
    const place = registryPlace()
    await using mine = await register({ name: '../../\u001b[2J', directory: '/\u0000' }, place.in)
    expect((await list(place.in)).map(({ name }) => name)).toEqual(['../../\u001b[2J'])
    expect(await find({ directory: '/\u0000' }, place.in)).toHaveLength(1)
    expect(codeOf(new Error(mine.info.name))).toBe('../../\u001b[2J')
  })
})
