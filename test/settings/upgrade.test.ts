import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineState, openStore, sessions, setting, settings, type StateDefinition } from '../../src/index.ts'
import { inspectStore } from '../../src/store/inspect.ts'
import { openState } from '../support/open-state.ts'
import { outcomeOf } from '../support/outcome.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const first = defineState({
  name: 'moved',
  version: 1,
  kinds: { options: settings({ color: setting(z.string()), apiKey: setting(z.string(), { secret: true }) }), logins: sessions() },
})
const declared = {
  settings: settings({
    theme: setting(z.enum(['light', 'dark']), { default: 'light' }),
    apiKey: setting(z.string().min(3), { secret: true }),
  }),
  sessions: sessions(),
}

const moveTo = (theme: string, apiKey: string): StateDefinition<typeof declared> =>
  defineState({
    name: 'moved',
    version: 2,
    kinds: declared,
    migrations: [
      {
        version: 2,
        name: 'options become settings',
        up(tx) {
          tx.rename('options', 'settings')
          tx.rename('logins', 'sessions')
          const kept = tx.kind('settings')
          kept.put('theme', theme)
          kept.put('apiKey', apiKey)
          kept.delete('color')
        },
      },
    ],
  })

test('[M2] [S2] [S3] migrations move settings and sessions; what a setting refuses fails them, and a secret is not told', async () => {
  const directory = temporaryDirectory()
  const before = await openStore(first, { directory })
  await before.options.set({ color: 'black', apiKey: 'canary' })
  const { token } = await before.logins.create({ user: 'ada' })
  await before.close()
  const wrong = await openStore(moveTo('black', 'c'), { directory }).catch((error: unknown) => error)
  expect(wrong).toMatchObject({ code: 'MIGRATION_FAILED' })
  expect((wrong as Error).message).toContain('settings "theme"')
  expect((wrong as Error).message).toContain('settings "apiKey"')
  expect((wrong as Error).message).toContain('and secret')
  const after = await openState(moveTo('dark', 'canary-2'), { directory })
  expect([after.settings.get('theme'), after.settings.get('apiKey'), after.sessions.verify(token)?.user]).toEqual([
    'dark',
    'canary-2',
    'ada',
  ])
  await after.sessions.revokeUser('ada')
  expect(after.sessions.verify(token)).toBeUndefined()
})

test('[M6] [S3] a store is looked at without its program, and its secrets stay where they are', async () => {
  const directory = temporaryDirectory()
  const before = await openStore(first, { directory })
  await before.options.set({ color: 'black', apiKey: 'canary' }, { actor: 'ada' })
  const { id } = await before.logins.create({ user: 'ada' })
  await before.close()
  const store = await inspectStore(directory)
  expect([store.why('options', 'apiKey')?.actor, store.why('logins', id)?.revision]).toEqual(['ada', 2])
  const { kinds } = await store.snapshot()
  expect(Object.keys(kinds)).toEqual(['options'])
  expect([...(kinds as never as { options: { items(): Iterable<{ key: string }> } }).options.items()].map(({ key }) => key)).toEqual([
    'color',
  ])
  await store.close()
})

test('[M4] a read-only store that has neither reads as empty', async () => {
  const directory = temporaryDirectory()
  await (await openStore(defineState({ name: 'moved', version: 1, kinds: {} }), { directory })).close()
  const store = await openState(first, { directory, readOnly: true, bootstrap: { options: { flags: { color: 'red' } } } })
  expect([store.options.get('color'), store.logins.verify('x'), store.logins.list().items]).toEqual(['red', undefined, []])
  expect(await outcomeOf(store.options.set({ color: 'blue' }))).toBe('STORE_READ_ONLY')
  expect(await outcomeOf(store.logins.create({ user: 'ada' }))).toBe('STORE_READ_ONLY')
})
