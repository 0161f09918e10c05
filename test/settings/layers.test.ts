import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineState, type ReportEvent, setting, settings } from '../../src/index.ts'
import { eachDriver } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { outcome, outcomeOf } from '../support/outcome.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { configured } from './settings-state.ts'

function fileWith(text: string): string {
  const file = join(temporaryDirectory(), 'settings.json')
  writeFileSync(file, text)
  return file
}

eachDriver((driver) => {
  test('[S1] a setting is its default, what the program was started with, or what was set, whichever is topmost', async () => {
    const file = fileWith('{"theme":"light","port":1,"greeting":"file"}')
    const env = { APP_PORT: '2', APP_THEME: '', PATH: '/bin' }
    const store = await openState(configured, { memory: true, driver, bootstrap: { settings: { file, env, flags: { greeting: 'flag' } } } })
    const { settings: read } = store
    const all = (): unknown => [read.get('theme'), read.get('port'), read.get('greeting'), read.get('hosts'), read.get('apiKey')]
    expect(all()).toEqual(['light', 2, 'flag', [], undefined])
    await read.set({ port: 3, hosts: ['a'] })
    expect(all()).toEqual(['light', 3, 'flag', ['a'], undefined])
    expect(read.get('hosts')).toBe(read.get('hosts'))
    expect(Object.isFrozen(read.get('hosts'))).toBe(true)
    expect(await read.reset('port')).toMatchObject({ value: 1, changed: true })
    expect(await read.reset('port')).toMatchObject({ value: 0, changed: false })
    expect(all()).toEqual(['light', 2, 'flag', ['a'], undefined])
    expect(await read.reset()).toMatchObject({ value: 1 })
    expect(read.get('hosts')).toEqual([])
  })

  test('[S1] [X41] setting and resetting several is one commit, which is undone as one', async () => {
    const store = await openState(configured, { memory: true, driver })
    const { revision } = await store.settings.set({ theme: 'light', port: 1, greeting: 'hello' })
    expect([store.settings.explain('theme').layers[0]?.revision, store.settings.explain('greeting').layers[0]?.revision]).toEqual([
      revision,
      revision,
    ])
    const failing = store.commit((tx) => {
      tx.settings.set({ theme: 'dark', port: 2 })
      tx.settings.reset('greeting')
      expect([tx.settings.get('theme'), tx.settings.get('port'), tx.settings.get('greeting')]).toEqual(['dark', 2, undefined])
      throw new Error('no')
    })
    const beside = store.commit((tx) => tx.title.set('beside'))
    expect(await outcomeOf(failing)).toBe('no')
    await beside
    expect([store.settings.get('theme'), store.settings.get('port'), store.settings.get('greeting')]).toEqual(['light', 1, 'hello'])
    // The valid one of two is not set either, even when the callback goes on.
    await store.commit((tx) => {
      expect(outcome(() => tx.settings.set({ theme: 'dark', port: 0 }))).toBe('SCHEMA_REJECTED')
    })
    expect(store.settings.get('theme')).toBe('light')
    expect(await store.settings.set({ theme: 'light' })).toMatchObject({ changed: false })
  })
})

test('[S1] explain says which layer holds, and why the others do not', async () => {
  const file = fileWith('{"theme":"light","port":"many"}')
  const env = { APP_THEME: 'dark' }
  const report = (): void => undefined
  const store = await openState(configured, { memory: true, report, bootstrap: { settings: { file, env } } })
  await store.settings.set({ theme: 'light' })
  const theme = store.settings.explain('theme')
  expect(theme).toMatchObject({ name: 'theme', value: 'light', layer: 'runtime', isSecret: false, isHidden: false })
  expect(theme.layers.map(({ layer, source, standing, value, reason }) => [layer, source, standing, value, reason])).toEqual([
    ['runtime', undefined, 'holds', 'light', undefined],
    ['bootstrap', 'APP_THEME', 'covered', 'dark', 'The layer runtime comes before it.'],
    ['bootstrap', file, 'covered', 'light', 'The layer runtime comes before it.'],
    ['default', undefined, 'covered', 'dark', 'The layer runtime comes before it.'],
  ])
  const port = store.settings.explain('port')
  expect(port).toMatchObject({ value: 4173, layer: 'default' })
  expect(port.layers.map(({ standing }) => standing)).toEqual(['absent', 'invalid', 'holds'])
  expect(port.layers[1]?.reason).toContain('expected number')
  expect(store.settings.explain('greeting')).toMatchObject({ value: undefined, layer: undefined })
})

describe('[S1] the bootstrap layer', () => {
  test('text of flags and of the environment stands for numbers, booleans and lists where texts are refused', async () => {
    const env = { APP_PORT: '8080', APP_SESSION_CACHE: 'false' }
    const flags = { hosts: '["a","b"]', greeting: '12' }
    const store = await openState(configured, { memory: true, bootstrap: { settings: { env, flags } } })
    expect([
      store.settings.get('port'),
      store.settings.get('sessionCache'),
      store.settings.get('hosts'),
      store.settings.get('greeting'),
    ]).toEqual([8080, false, ['a', 'b'], '12'])
  })

  test('a file that is not there counts as empty', async () => {
    const file = join(temporaryDirectory(), 'none.json')
    const store = await openState(configured, { memory: true, bootstrap: { settings: { file } } })
    expect(store.settings.get('theme')).toBe('dark')
  })

  test.each([
    ['{\n  "apiKey": "key-canary"', 'not JSON, from line 2, column 25 on'],
    ['{"apiKey": key-canary}', 'not JSON'],
    ['', 'empty'],
    ['\0\0\0\0', 'zeros'],
    ['[1]', 'no object'],
    ['"text"', 'no object'],
  ])('a file of %j is refused, and nothing is opened', async (text, reason) => {
    const directory = join(temporaryDirectory(), 'store')
    const file = fileWith(text)
    const error = await openState(configured, { directory, bootstrap: { settings: { file } } }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'SETTINGS_FILE_INVALID', details: { file } })
    expect((error as Error).message).toContain(reason)
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('canary')
    expect(outcome(() => writeFileSync(join(directory, 'x'), ''))).toContain('ENOENT')
  })

  test('a file that no person has written is refused', async () => {
    const file = fileWith(' '.repeat(1024 * 1024 + 1))
    expect(await outcomeOf(openState(configured, { memory: true, bootstrap: { settings: { file } } }))).toBe('SETTINGS_FILE_INVALID')
  })

  test('a directory, and a file of a store, are refused', async () => {
    const directory = temporaryDirectory()
    for (const file of [directory, join(directory, 'store.db')]) {
      if (file !== directory) writeFileSync(file, '{}')
      expect(await outcomeOf(openState(configured, { memory: true, bootstrap: { settings: { file } } }))).toBe('SETTINGS_FILE_INVALID')
    }
  })

  test('an unknown flag, kind or source is a mistake; an unknown name in a file is reported', async () => {
    const events: ReportEvent[] = []
    const open = (bootstrap: object): Promise<unknown> =>
      openState(configured, { memory: true, bootstrap, report: (event) => void events.push(event) })
    await expect(open({ settings: { flags: { them: 'dark' } } })).rejects.toThrow('did you mean "theme"?')
    await expect(open({ setting: {} })).rejects.toThrow('did you mean "settings"?')
    await expect(open({ title: {} })).rejects.toThrow('Unknown option "title" of bootstrap')
    await expect(open({ settings: { files: 'x' } })).rejects.toThrow('did you mean "file"?')
    await open({ settings: { file: fileWith('{"them":"light","__proto__":1}') } })
    expect(events.map(({ type }) => type)).toEqual(['setting-invalid', 'setting-invalid'])
    expect(events[0]?.message).toContain('was "theme" meant?')
  })

  test('a directory that is open is not opened with another one', async () => {
    const directory = temporaryDirectory()
    await openState(configured, { directory, bootstrap: { settings: { flags: { theme: 'light' } } } })
    await openState(configured, { directory, bootstrap: { settings: { flags: { theme: 'light' } } } })
    expect(await outcomeOf(openState(configured, { directory }))).toBe('STORE_OPEN')
  })
})

test('[S1] [N1] names are checked, and what is no setting is refused', () => {
  const declare = (kinds: object): unknown => outcome(() => settings(kinds as never))
  expect(declare({ Theme: setting(z.string()) })).toBe('DEFINITION_INVALID')
  expect(declare({ watch: setting(z.string()) })).toBe('DEFINITION_INVALID')
  expect(declare({ theme: setting(z.string()), tHeme: setting(z.string()) })).toBe('DEFINITION_INVALID')
  expect(declare({ theme: z.string() })).toBe('OPTION_INVALID')
  expect(outcome(() => setting(z.string(), { default: 1 as never }))).toBe('SCHEMA_REJECTED')
  expect(outcome(() => setting(z.string(), { env: 'A B' }))).toBe('OPTION_INVALID')
  expect(outcome(() => settings({}, { feed: 'key' as never }))).toBe('OPTION_INVALID')
})

test('[S1] unknown settings are refused with what is declared', async () => {
  const store = await openState(configured, { memory: true })
  for (const call of [
    () => store.settings.get('them' as never),
    () => store.settings.explain('constructor' as never),
    () => store.settings.watch(['nothing' as never], () => undefined),
  ]) {
    expect(outcome(() => void call())).toBe('SETTING_UNKNOWN')
  }
  expect(await outcomeOf(store.settings.set({ them: 'dark' } as never))).toBe('SETTING_UNKNOWN')
  expect(await outcomeOf(store.settings.reset('toString' as never))).toBe('SETTING_UNKNOWN')
  expect(outcome(() => store.settings.get('them' as never))).toBe('SETTING_UNKNOWN')
})

test('[S1] [N2] of a store that is closed, and with options there are none of', async () => {
  const store = await openState(configured, { memory: true })
  expect(await outcomeOf(store.settings.set({ port: 1 }, { labels: 'x' } as never))).toBe('OPTION_INVALID')
  expect(await outcomeOf(store.settings.reset('port', { durability: 'none' } as never))).toBe('OPTION_INVALID')
  expect(outcome(() => store.settings.explain('port', { reveal: true } as never))).toBe('OPTION_INVALID')
  const { settings: kept } = store
  await store.close()
  expect(outcome(() => kept.get('port'))).toBe('STORE_CLOSED')
  expect(outcome(() => kept.explain('port'))).toBe('STORE_CLOSED')
  expect(outcome(() => kept.watch(() => undefined))).toBe('STORE_CLOSED')
  expect(await outcomeOf(kept.set({ port: 1 }))).toBe('STORE_CLOSED')
})

test('[S1] reads inside a commit are those of the tx', async () => {
  const store = await openState(configured, { memory: true })
  await store.commit((tx) => {
    expect(outcome(() => store.settings.get('theme'))).toBe('COMMIT_NESTED')
    tx.settings.set({ theme: 'light' })
    expect(tx.settings.get('theme')).toBe('light')
  })
  expect(store.settings.get('theme')).toBe('light')
})

test('[S1] two kinds of settings share nothing', async () => {
  const one = settings({ theme: setting(z.string(), { default: 'a' }) })
  const two = defineState({ name: 'two', version: 1, kinds: { ours: one, theirs: one } })
  const store = await openState(two, { memory: true, bootstrap: { theirs: { flags: { theme: 'b' } } } })
  await store.ours.set({ theme: 'c' })
  expect([store.ours.get('theme'), store.theirs.get('theme')]).toEqual(['c', 'b'])
})
