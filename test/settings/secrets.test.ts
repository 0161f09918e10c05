/** A canary: a secret that must be found nowhere but in its own row. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { defineState, document, openStore, type ReportEvent, sessions, setting, settings } from '../../src/index.ts'
import { connect } from '../../src/client.ts'
import { listenOnFreePort, serve } from '../../src/server.ts'
import { take } from '../support/commits.ts'
import { openState } from '../support/open-state.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const canary = 'canary-7f3a'

/** A validator that quotes what it refuses, and throws it, as validators do. */
const quoting = z.string().refine(
  (text) => {
    if (text.includes('throw')) throw new Error(`refused: ${text}`)
    return text.startsWith('ok-')
  },
  { error: ({ input }) => `refused: ${String(input)}` },
)

const guarded = defineState({
  name: 'guarded',
  version: 1,
  kinds: {
    title: document(z.string()),
    settings: settings({
      theme: setting(z.string(), { default: 'dark' }),
      apiKey: setting(quoting, { secret: true, env: 'API_KEY', default: `ok-default-${canary}` }),
      keyring: setting(z.record(z.string(), z.number().max(1)), { secret: true }),
    }),
    sessions: sessions({ data: z.object({ role: z.string() }) }),
  },
})

/** Everything of a value that could be written to a log. */
function shown(...things: readonly unknown[]): string {
  return things.map((thing) => `${inspect(thing, { depth: 20, showHidden: true })}\n${textOf(thing)}`).join('\n')
}

function textOf(thing: unknown): string {
  const causes = thing instanceof Error ? `${thing.message} ${thing.stack} ${inspect(thing.cause)}` : ''
  return `${causes} ${JSON.stringify(thing)}`
}

async function failed(something: Promise<unknown>): Promise<unknown> {
  return something.then(
    () => {
      throw new Error('Expected it to fail')
    },
    (error: unknown) => error,
  )
}

test('[S3] [X45] a secret is in no history, feed, snapshot, page, watcher, explanation, report or error', async () => {
  const directory = temporaryDirectory()
  const events: ReportEvent[] = []
  const report = (event: ReportEvent): void => void events.push(event)
  const store = await openState(guarded, { directory, report, bootstrap: { settings: { env: { API_KEY: `bad-${canary}` } } } })
  const follower = store.follow()
  const told: unknown[] = []
  onTestFinished(store.settings.watch((...given) => void told.push(given)))

  await store.settings.set({ theme: 'light', apiKey: `ok-1-${canary}` })
  await store.commit((tx) => tx.settings.set({ apiKey: `ok-2-${canary}`, keyring: { [canary]: 1 } }), { label: 'rotate', id: 'once' })
  await store.settings.reset('apiKey')
  await store.settings.set({ apiKey: `ok-3-${canary}` })
  expect(store.settings.get('apiKey')).toBe(`ok-3-${canary}`)

  const errors = [
    await failed(store.settings.set({ apiKey: `bad-${canary}` })),
    await failed(store.settings.set({ apiKey: `throw-${canary}` })),
    await failed(store.settings.set({ keyring: { [canary]: 2 } })),
    await failed(store.settings.set({ keyring: { [canary]: Number.NaN } })),
    await failed(store.settings.set(`ok-${canary}` as never)),
    await failed(store.settings.set({ theme: 1 as never, apiKey: `ok-${canary}` })),
  ]
  const commits: unknown[] = []
  for await (const commit of follower) {
    commits.push(commit)
    if (commit.revision === 4) break
  }
  const snapshot = await store.snapshot()
  const bytes = Object.values(snapshot.kinds).flatMap((kind) => kind.bytes.map((part) => new TextDecoder().decode(part)))
  const explained = [store.settings.explain('apiKey'), store.settings.explain('keyring'), store.health(), store.why('settings', 'apiKey')]
  const tables = await openTables(directory)
  const rows = ['hf_commit', 'hf_request', 'hf_kind', 'hf_meta'].map((table) => tables.all(`SELECT * FROM ${table}`))
  const everything = shown(errors, events, told, commits, bytes, snapshot, explained, rows, store.settings, store.state.name)
  expect(everything).not.toContain('canary')
  // What is not secret is there, so that the search has found something to search.
  expect(shown(commits)).toContain('light')
  expect(shown(rows)).toContain('light')
  expect(bytes.join('')).toContain('["theme"')
  expect(events.map(({ type }) => type)).toEqual(['setting-invalid'])
  expect(told).toHaveLength(4)
  // The program itself may ask.
  expect(store.settings.explain('apiKey', { revealSecret: true })).toMatchObject({ value: `ok-3-${canary}`, isHidden: false })
})

test('[S3] [X45] a secret is not to be had over the network', async () => {
  const directory = temporaryDirectory()
  const store = await openState(guarded, { directory })
  await store.settings.set({ theme: 'light', apiKey: `ok-${canary}` })
  const { token: session } = await store.sessions.create({ user: 'ada', data: { role: 'admin' } })
  const held = await listenOnFreePort(createServer(), { host: '127.0.0.1', from: 28_000, to: 28_900 })
  await held.close()
  const server = await serve(store, { port: held.port })
  onTestFinished(() => server.close())
  const token = readFileSync(join(directory, 'token'), 'utf8').trim()
  const ask = async (address: string): Promise<string> => {
    const response = await fetch(`${server.url}/state/${address}`, { headers: { authorization: `Bearer ${token}` } })
    return response.text()
  }
  const answers = await Promise.all([
    ask('snapshot'),
    ask('changes'),
    ask(`changes?after=${store.cursor}&waitMs=0`),
    ask('detail?kind=settings&key=apiKey'),
    ask('page?kind=settings'),
    ask('page?kind=sessions'),
    ask('detail?kind=sessions&key=1'),
    ask('snapshot?kinds=sessions'),
  ])
  expect(answers.join('\n')).not.toMatch(/canary|ada|admin/)
  expect(answers.join('\n')).not.toContain(session)
  expect(answers[0]).toContain('light')

  const replica = connect<typeof guarded>({ url: `${server.url}/state`, token })
  onTestFinished(() => replica.close())
  await replica.ready
  await store.settings.set({ theme: 'blue', apiKey: `ok-2-${canary}` })
  await replica.settled(store.cursor)
  expect([replica.settings.get('theme'), replica.settings.get('apiKey'), replica.settings.get('keyring')]).toEqual([
    'blue',
    undefined,
    undefined,
  ])
})

test('[S3] a setting that has become secret is in the feed no more, although the history has it', async () => {
  const declare = (secret: boolean): ReturnType<typeof defineKey> => defineKey(secret)
  const directory = temporaryDirectory()
  const before = await openStore(declare(false), { directory })
  await before.settings.set({ apiKey: canary })
  await before.settings.set({ apiKey: `${canary}-2` })
  await before.close()
  const store = await openState(declare(true), { directory })
  const follower = store.follow()
  const commits = await take(follower, 1)
  await follower.return()
  expect(commits).toMatchObject([{ revision: 2, changes: [] }])
  const { kinds } = await store.snapshot()
  expect([kinds.settings.count, shown(commits).includes(canary)]).toEqual([0, false])
  expect(store.settings.get('apiKey')).toBe(`${canary}-2`)
})

function defineKey(secret: boolean) {
  return defineState({ name: 'key', version: 1, kinds: { settings: settings({ apiKey: setting(z.string(), { secret }) }) } })
}

test('[S3] what another program declares is taken for a secret', async () => {
  const directory = temporaryDirectory()
  const before = await openStore(defineKey(false), { directory })
  await before.settings.set({ apiKey: canary })
  await before.close()
  const without = defineState({ name: 'key', version: 1, kinds: { settings: settings({ theme: setting(z.string()) }) } })
  const store = await openState(without, { directory, report: () => undefined })
  const { kinds } = await store.snapshot()
  expect(kinds.settings.count).toBe(0)
  const follower = store.follow()
  expect(shown(await take(follower, 1))).not.toContain(canary)
  await follower.return()
})

test('[E1] [X45] tokens of sessions are nowhere', async () => {
  const directory = temporaryDirectory()
  const told: unknown[] = []
  const store = await openStore(guarded, { directory, report: (event) => void told.push(event) })
  const stop = store.sessions.onRevoked((...given) => void told.push(given))
  const first = await store.sessions.create({ user: 'ada', data: { role: 'admin' } }, { actor: 'ada', label: 'sign in' })
  const session = store.sessions.verify(first.token)
  const second = await store.sessions.rotate(first.token)
  const third = await store.sessions.create({ user: 'bob', data: { role: 'guest' } })
  const tokens = [first.token, second?.token ?? '', third.token]
  expect(tokens.every((token) => /^[A-Za-z0-9_-]{43}$/.test(token))).toBe(true)
  const follower = store.follow()
  const commits = await take(follower, 1)
  await follower.return()
  const errors = [
    await failed(store.sessions.create({ user: '', data: { role: first.token } })),
    await failed(store.sessions.revoke(`${first.token}\0`)),
  ].map((error) => (error as Error & { readonly code: string }).code)
  const listed = store.sessions.list()
  const { kinds } = await store.snapshot()
  const explained = shown(session, listed, commits, told, errors, kinds, store.health(), store.why('sessions', first.id))
  const tables = await openTables(directory)
  const rows = ['hf_commit', 'hf_request', 'hf_kind', 'hf_meta', 'k3'].map((table) => tables.all(`SELECT * FROM ${table}`))
  const files = ['store.db', 'store.db-wal'].map((name) => readElsewhere(join(directory, name)))
  for (const token of tokens) {
    expect(token).toHaveLength(43)
    for (const place of [explained, shown(rows), ...files]) expect(place.includes(token)).toBe(false)
  }
  // Neither are their hashes, anywhere but in their own rows.
  const hashes = rows[4]?.map((row) => (JSON.parse(String(row[2])) as { readonly hash: string }).hash) ?? []
  expect(hashes).toHaveLength(2)
  for (const hash of hashes) expect([explained.includes(hash), shown(rows.slice(0, 4)).includes(hash)]).toEqual([false, false])
  stop()
  await store.close()
})

/** A descriptor of store.db that is closed here would take SQLite's locks with it (rule D6). */
function readElsewhere(file: string): string {
  return execFileSync('cat', [file], { maxBuffer: 64 * 1024 * 1024 }).toString('latin1')
}
