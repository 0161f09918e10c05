import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { defineState, openStore, type ReportEvent, sessions, setting, settings } from '../../src/index.ts'
import { eachDriver } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { outcomeOf } from '../support/outcome.ts'
import { Program } from '../support/program.ts'
import { raw } from '../support/raw-store.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { SettingsCalls } from './settings-program.ts'
import { configured } from './settings-state.ts'

/** What a watcher was told, and the next of it. */
function collect<Told>(): { readonly told: Told[]; readonly next: () => Promise<void>; readonly tell: (told: Told) => void } {
  const told: Told[] = []
  let wake: () => void = () => undefined
  const tell = (one: Told): void => {
    told.push(one)
    wake()
  }
  return { told, tell, next: () => new Promise((resolve) => (wake = resolve)) }
}

eachDriver((driver) => {
  test('[S2] watchers run after publication, once a commit, with the names of what was set or reset', async () => {
    const store = await openState(configured, { driver })
    const all = collect<unknown>()
    const some = collect<unknown>()
    store.settings.watch((names, { revision, label }) => all.tell([names, revision, label, store.settings.get('theme'), store.cursor]))
    const stop = store.settings.watch(['port', 'apiKey'], (names) => some.tell(names))
    const first = all.next()
    const { revision } = await store.settings.set({ theme: 'light', apiKey: 'key-1' }, { label: 'by hand' })
    await first
    expect(all.told).toEqual([[['theme', 'apiKey'], revision, 'by hand', 'light', store.cursor]])
    expect(some.told).toEqual([['apiKey']])
    stop()
    const second = all.next()
    await store.settings.reset()
    await second
    expect(all.told[1]).toEqual([['theme', 'apiKey'], revision + 1, undefined, 'dark', store.cursor])
    expect(some.told).toHaveLength(1)
    // One that is undone is told to nobody, and neither is one that changes nothing.
    await outcomeOf(
      store.commit((tx) => {
        tx.settings.set({ theme: 'light' })
        throw new Error('no')
      }),
    )
    await store.settings.reset('theme')
    const third = all.next()
    await store.settings.set({ theme: 'light' })
    await third
    expect(all.told).toHaveLength(3)
  })

  test('[S2] a stored value that its schema refuses is reported once, and the layer below holds', async () => {
    const directory = temporaryDirectory()
    const before = await openStore(configured, { directory, driver })
    await before.settings.set({ port: 5000, greeting: 'hello', theme: 'light', hosts: ['a'] })
    await before.close()
    await raw(
      directory,
      [
        `UPDATE k2 SET value = '"many"' WHERE key = 'port'`,
        `UPDATE k2 SET value = '{"theme' WHERE key = 'theme'`,
        `UPDATE k2 SET value = '12' WHERE key = 'greeting'`,
      ],
      driver,
    )
    const events: ReportEvent[] = []
    const flags = { port: '99' }
    const store = await openState(configured, {
      directory,
      driver,
      bootstrap: { settings: { flags } },
      report: (event) => void events.push(event),
    })
    const read = (): unknown[] => (['port', 'theme', 'greeting', 'hosts'] as const).map((name) => store.settings.get(name))
    expect(read()).toEqual([99, 'dark', undefined, ['a']])
    // Also when everything is read anew, because something else was committed.
    await store.commit((tx) => tx.title.set('x'))
    const other = new Program<SettingsCalls>(new URL('./settings-program.ts', import.meta.url))
    await other.call('open', { directory, driver })
    await other.call('set', { hosts: ['b'] })
    await new Promise((resolve) => setImmediate(resolve))
    expect(read()).toEqual([99, 'dark', undefined, ['b']])
    expect(events.map(({ type }) => type).toSorted()).toEqual(['setting-invalid', 'setting-invalid', 'undecodable'])
    const { layers } = store.settings.explain('port')
    expect(layers.map(({ standing }) => standing)).toEqual(['invalid', 'holds', 'covered'])
    expect(store.settings.explain('theme').layers[0]).toMatchObject({ standing: 'invalid', reason: 'the stored text does not parse' })
    // Setting it anew mends it.
    await store.settings.set({ port: 7, theme: 'light' })
    expect(read()).toEqual([7, 'light', undefined, ['b']])
  })
})

test('[S2] values of another version of the schema are replaced by the layer below, and kept', async () => {
  const directory = temporaryDirectory()
  const declare = (schema: z.ZodType<unknown, unknown>): ReturnType<typeof defineSize> => defineSize(schema)
  const first = await openStore(declare(z.number()), { directory })
  await first.settings.set({ size: 3 })
  await first.close()
  const events: ReportEvent[] = []
  const second = await openStore(declare(z.string()), { directory, report: (event) => void events.push(event) })
  expect(second.settings.get('size')).toBeUndefined()
  expect(events[0]?.message).toBe('The value of settings.size set at revision 1 is not valid; the layer below holds.')
  await second.close()
  const third = await openState(declare(z.number()), { directory })
  expect(third.settings.get('size')).toBe(3)
})

function defineSize(schema: z.ZodType<unknown, unknown>) {
  return defineState({ name: 'size', version: 1, kinds: { settings: settings({ size: setting(schema) }) } })
}

test('[S2] invalid values are refused on the way in, whoever offers them', async () => {
  const store = await openState(configured, { memory: true })
  for (const values of [{ theme: 'blue' }, { port: '80' }, { hosts: [1] }, { sessionCache: null }, { theme: 'light', port: Number.NaN }]) {
    expect(await outcomeOf(store.settings.set(values as never))).toBe('SCHEMA_REJECTED')
  }
  for (const values of [null, 'theme', ['theme'], 1]) expect(await outcomeOf(store.settings.set(values as never))).toBe('OPTION_INVALID')
  expect(store.cursor).toContain('.0.')
  // What is left out is left alone.
  await store.settings.set({ theme: undefined as never, port: 1 })
  expect([store.settings.get('theme'), store.settings.get('port')]).toEqual(['dark', 1])
})

test('[X20] what depends on a setting is chosen anew when it changes, also by another process, without a restart', async () => {
  const cached = defineState({
    name: 'cached',
    version: 1,
    kinds: {
      settings: settings({ sessionCache: setting(z.boolean(), { default: true }) }),
      sessions: sessions(),
    },
  })
  const directory = temporaryDirectory()
  const store = await openState(cached, { directory })
  const { token } = await store.sessions.create({ user: 'ada' })

  // A program that keeps whom it has let in, where it may.
  let checks = 0
  const ask = (given: string): string | undefined => {
    checks += 1
    return store.sessions.verify(given)?.user
  }
  const choose = (): ((given: string) => string | undefined) => {
    if (!store.settings.get('sessionCache')) return ask
    const known = new Map<string, string | undefined>()
    return (given) => known.get(given) ?? known.set(given, ask(given)).get(given)
  }
  let verify = choose()
  const changed = collect<unknown>()
  onTestFinished(
    store.settings.watch(['sessionCache'], (names) => {
      verify = choose()
      changed.tell(names)
    }),
  )
  const checksOf = (times: number): number => {
    checks = 0
    for (let i = 0; i < times; i += 1) expect(verify(token)).toBe('ada')
    return checks
  }
  expect(checksOf(5)).toBe(1)

  const off = changed.next()
  await store.settings.set({ sessionCache: false })
  await off
  expect(checksOf(5)).toBe(5)

  const on = changed.next()
  const other = new Program<SettingsCalls>(new URL('./settings-program.ts', import.meta.url))
  await other.call('resetElsewhere', directory)
  await on
  expect(checksOf(5)).toBe(1)
})

test('[X41] a program killed while it sets several leaves all of one commit', async () => {
  const directory = temporaryDirectory()
  for (let round = 0; round < 2; round += 1) {
    const program = new Program<SettingsCalls>(new URL('./settings-program.ts', import.meta.url))
    await program.call('open', { directory })
    const atLeast = await program.call('setUntilKilled', 20 + round * 7)
    await program.kill()
    const store = await openStore(configured, { directory })
    const [port, hosts, greeting] = [store.settings.get('port'), store.settings.get('hosts'), store.settings.get('greeting')]
    expect([hosts, greeting]).toEqual([[String(port)], String(port)])
    expect(port).toBeGreaterThanOrEqual(atLeast)
    await store.close()
  }
})
