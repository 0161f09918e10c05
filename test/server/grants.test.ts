import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { connect } from '../../src/client.ts'
import {
  artifacts,
  collection,
  defineState,
  document,
  jobs,
  log,
  openStore,
  sessions,
  setting,
  settings,
  type Store,
} from '../../src/index.ts'
import { action, artifactAddress, type Grant, type HoldfastServer, serve } from '../../src/server.ts'
import { readSnapshot } from '../support/read-snapshot.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { freePort } from './served.ts'

const Note = z.object({ id: z.string(), owner: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(), text: z.string() })

const diary = defineState({
  name: 'diary',
  version: 1,
  kinds: {
    motto: document(z.object({ owner: z.string(), text: z.string() })),
    notes: collection(Note, { key: 'id', indexes: { byText: ['text'] } }),
    details: collection(Note, { key: 'id', feed: 'key' }),
    lines: log(z.object({ owner: z.string(), text: z.string() })),
    scans: jobs({ input: z.object({ owner: z.string(), text: z.string() }) }),
    files: artifacts(z.object({ owner: z.string() })),
    options: settings({ theme: setting(z.string(), { default: 'dark' }) }),
    people: sessions({ data: z.object({ role: z.string() }) }),
  },
})
type Diary = Store<typeof diary>
type DiaryGrant = Grant<(typeof diary)['kinds']>

const write = action(diary, z.object({ text: z.string() }), (tx, { text }, { session }) => {
  tx.notes.put({ id: text, owner: session?.user ?? 'nobody', text })
})
const wipe = action(diary, z.object({}), (tx) => tx.motto.delete())
const actions = { write, wipe }

/** Each has what is hers; nobody has details. */
const own = (user: string): DiaryGrant => ({
  kinds: {
    motto: { owner: user },
    notes: { owner: user },
    lines: { owner: user },
    scans: { 'input.owner': user },
    files: { 'meta.owner': user },
    options: 'all',
  },
  actions: ['write'],
})

interface ServedDiary {
  readonly store: Diary
  readonly server: HoldfastServer
  readonly ownerToken: string
  readonly errors: unknown[]
  readonly tokenOf: (user: string) => Promise<string>
  readonly ask: (token: string, address: string) => Promise<Response>
}

async function serveDiary(grants: (user: string, role: string) => DiaryGrant = own): Promise<ServedDiary> {
  const store = await openStore(diary, { directory: temporaryDirectory() })
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const server = await serve(store, { port: await freePort(), actions, grants: ({ user, data }) => grants(user, data.role), onError })
  onTestFinished(async () => {
    await server.close()
    await store.close()
  })
  return {
    store,
    server,
    errors,
    ownerToken: readFileSync(join(store.directory, 'token'), 'utf8').trim(),
    tokenOf: async (user) => (await store.people.create({ user, data: { role: 'writer' } })).token,
    ask: (token, address) => fetch(`${server.url}/state/${address}`, { headers: { authorization: `Bearer ${token}` } }),
  }
}

/** One of each kind that is the user's, with a text that can be searched for. */
async function fill(store: Diary, user: string): Promise<{ readonly job: string; readonly artifact: string }> {
  const text = `secret of ${user}`
  const { value: job } = await store.commit((tx) => {
    tx.notes.put({ id: `note of ${user}`, owner: user, text })
    tx.details.put({ id: `detail of ${user}`, owner: user, text })
    tx.lines.append({ owner: user, text }, { stream: `stream of ${user}` })
    return tx.scans.enqueue({ owner: user, text }).id
  })
  const artifact = await store.files.put(Buffer.from(text), { owner: user }, { name: `${text}.txt` })
  return { job, artifact: artifactAddress(artifact) }
}

describe('what a session is granted', () => {
  test('[B1] [H3] [X26] is all it gets: by snapshot, stream, poll, page, detail, artifact and call', async () => {
    const { store, tokenOf, ask, server, ownerToken } = await serveDiary()
    const [ann, bob] = [await tokenOf('ann'), await tokenOf('bob')]
    const start = (await ask(ann, 'snapshot?kinds=options')).headers.get('holdfast-cursor') ?? ''
    await store.commit((tx) => tx.motto.set({ owner: 'bob', text: 'secret of bob' }))
    const anns = await fill(store, 'ann')
    const bobs = await fill(store, 'bob')
    const texts: string[] = []
    const query = encodeURIComponent(JSON.stringify({ limit: 1 }))
    for (const address of [
      'snapshot',
      `changes?after=${start}&waitMs=0`,
      ...['motto', 'notes', 'lines', 'scans', 'files', 'options'].map((kind) => `page?kind=${kind}`),
      `page?kind=notes&query=${query}`,
      `page?kind=lines&query=${query}`,
      'detail?kind=motto',
      'detail?kind=notes&key=note%20of%20bob',
      `detail?kind=scans&key=${bobs.job}`,
      `artifact/files/${bobs.artifact}`,
      `artifact/files/${bobs.artifact.split('.')[0]}`,
      'snapshot?kinds=details',
      'feed?kinds=people',
      'page?kind=details',
      'detail?kind=details&key=detail%20of%20bob',
    ]) {
      texts.push(await (await ask(ann, address)).text())
    }
    const leaving = new AbortController()
    const stream = await fetch(`${server.url}/state/feed`, { headers: { authorization: `Bearer ${ann}` }, signal: leaving.signal })
    const decoder = new TextDecoder()
    let streamed = ''
    for await (const piece of stream.body ?? []) if ((streamed += decoder.decode(piece)).includes('event: bookmark')) break
    texts.push(streamed)
    for (const text of texts) expect(text).not.toContain('secret of bob')
    for (const at of [0, 1, 3, 4, 5, 6, 8, 9]) expect([at, texts[at]]).toEqual([at, expect.stringContaining('secret of ann')])
    expect(streamed).toContain('secret of ann')
    expect(texts.slice(-5, -1).map((text) => (JSON.parse(text) as { code: string }).code)).toEqual(Array(4).fill('KIND_UNKNOWN'))
    expect([texts[10], texts[11], texts[12]].map((text) => (JSON.parse(text ?? '') as { item: unknown }).item)).toEqual([null, null, null])
    expect(await (await ask(ann, `artifact/files/${anns.artifact}`)).text()).toBe('secret of ann')
    expect((await ask(bob, `artifact/files/${anns.artifact}`)).status).toBe(404)
    // The owner of the store has no grant, and sees all.
    const all = await (await ask(ownerToken, 'snapshot')).text()
    expect([all.includes('secret of ann'), all.includes('secret of bob')]).toEqual([true, true])
  })

  test('[B1] holds at each call', async () => {
    const { store, server, tokenOf } = await serveDiary()
    const replica = connect<typeof diary, typeof actions>({ url: `${server.url}/state`, token: await tokenOf('ann') })
    onTestFinished(() => replica.close())
    await replica.ready
    await replica.call('write', { text: 'mine' })
    expect(replica.notes.get('mine')).toEqual({ id: 'mine', owner: 'ann', text: 'mine' })
    await store.commit((tx) => tx.motto.set({ owner: 'ann', text: 'stays' }))
    await expect(replica.call('wipe', {})).rejects.toMatchObject({ code: 'ACTION_UNKNOWN', details: { declared: ['write'] } })
    expect(store.motto.get()?.text).toBe('stays')
    expect(store.why('notes', 'mine')?.actor).toBe('ann')
  })

  test('[B1] holds for where a page ended: its token tells nothing of what is not seen, and is of use in its view alone', async () => {
    const { store, server, tokenOf, ask, ownerToken } = await serveDiary()
    const [ann, bob] = [await tokenOf('ann'), await tokenOf('bob')]
    await store.commit((tx) => {
      for (let at = 10; at < 40; at += 1) tx.notes.put({ id: `bob${at}`, owner: 'bob', text: `secret ${at}` })
      tx.notes.put({ id: 'last', owner: 'ann', text: 'z' })
    })
    const page = async (token: string, query: object): Promise<{ items: unknown[]; next: string }> =>
      (await ask(token, `page?kind=notes&query=${encodeURIComponent(JSON.stringify(query))}`)).json() as never
    for (const index of [{}, { index: 'byText' }]) {
      const { items, next } = await page(ann, { ...index, limit: 1 })
      expect(items).toEqual([])
      expect(Buffer.from(next, 'base64url').toString('latin1')).not.toMatch(/bob|secret/)
      expect((await page(ann, { ...index, limit: 1, after: next })).items).toEqual([
        ['last', expect.anything(), expect.anything(), expect.anything()],
      ])
      const whole = await page(ownerToken, { ...index, limit: 1 })
      for (const [token, after] of [
        [bob, next],
        [ownerToken, next],
        [ann, whole.next],
        [ann, ''],
        [ann, `A${next}`],
      ] as const)
        expect([after, await page(token, { ...index, limit: 1, after })]).toEqual([
          after,
          expect.objectContaining({ code: 'PAGE_INVALID' }),
        ])
    }
    const replica = connect<typeof diary>({ url: `${server.url}/state`, token: ann })
    onTestFinished(() => replica.close())
    await replica.ready
    const first = await replica.notes.page({ limit: 1 })
    expect((await replica.notes.page({ limit: 1, after: first.next })).items).toEqual([store.notes.get('last')])
  })

  test('[B1] is what it is when the whole of a call has come', async () => {
    const { store, server } = await serveDiary((_user, role) => ({ actions: role === 'chief' ? ['wipe'] : [] }))
    const { token } = await store.people.create({ user: 'ann', data: { role: 'chief' } })
    await store.commit((tx) => tx.motto.set({ owner: 'ann', text: 'stays' }))
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const calling = request(`${server.url}/state/call/wipe`, { method: 'POST', headers })
    const answered = once(calling, 'response')
    calling.write('{"id":"late",')
    await once(server.http, 'request')
    await store.people.rotate(token, { data: { role: 'writer' } })
    calling.end('"input":{}}')
    const [answer] = (await answered) as [IncomingMessage]
    answer.resume()
    expect([answer.statusCode, store.motto.get()?.text]).toEqual([404, 'stays'])
  })

  test('[B1] [H5] is compared as a value, not as a text, in a snapshot as in a commit', async () => {
    const owners = [
      '1',
      1,
      true,
      'true',
      false,
      null,
      'null',
      '',
      'a"b',
      'a\\b',
      "a'b",
      'ü',
      '\u2028',
      '\ud83d\ude00',
      '0',
      0,
      1e21,
      0.1,
      -1,
      undefined,
    ] as const
    let granted: (typeof owners)[number]
    const { store, tokenOf, ask } = await serveDiary(() => ({ kinds: { notes: { owner: granted ?? null } } }))
    const ann = await tokenOf('ann')
    const { cursor } = store
    await store.commit((tx) => {
      for (const [at, owner] of owners.entries()) tx.notes.put({ id: `n${at}`, ...(owner !== undefined && { owner }), text: '' })
    })
    for (const [at, owner] of owners.slice(0, -1).entries()) {
      granted = owner
      const snapshot = await ask(ann, 'snapshot')
      const start = (await ask(ann, 'snapshot?kinds=')).headers.get('holdfast-cursor') ?? ''
      const { items } = readSnapshot(await snapshot.text())
      expect([owner, items.map(({ item }) => (item as [string])[0])]).toEqual([owner, [`n${at}`]])
      expect(start).not.toBe(store.cursor)
    }
    expect(cursor).not.toBe(store.cursor)
  })

  test('[B1] [F4] that changes resets who follows, at once where it does, and where it was away meanwhile', async () => {
    let seen = 'ann'
    const { store, server, tokenOf, ask } = await serveDiary((user) => own(user === 'ann' ? seen : user))
    const ann = await tokenOf('ann')
    await fill(store, 'ann')
    await fill(store, 'bob')
    const replica = connect<typeof diary>({ url: `${server.url}/state`, token: ann, transport: 'sse' })
    onTestFinished(() => replica.close())
    await replica.ready
    expect(replica.notes.find().items.map(({ id }) => id)).toEqual(['note of ann'])
    const before = replica.status.cursor ?? ''
    const waiting = ask(ann, `changes?after=${before}`)
    const reset = new Promise<void>((resolve) => replica.subscribe((commit) => commit === undefined && resolve()))
    seen = 'bob'
    await reset
    expect(replica.notes.find().items.map(({ id }) => id)).toEqual(['note of bob'])
    await expect.poll(() => replica.status.state).toBe('live')
    expect((await waiting).headers.get('holdfast-reset')).toBe('CURSOR_DIVERGED')
    expect((await ask(ann, `changes?after=${before}&waitMs=0`)).headers.get('holdfast-reset')).toBe('CURSOR_DIVERGED')
    const stream = await ask(ann, `feed?after=${before}`)
    const [first] = [await stream.body?.getReader().read()]
    expect(new TextDecoder().decode(first?.value as Uint8Array)).toMatch(/^event: reset\ndata: \{"code":"CURSOR_DIVERGED"/)
  })

  test('[B1] [H5] is the same for sessions of equal grants, whose snapshots are shared', async () => {
    const { store, tokenOf, ask } = await serveDiary((user) =>
      user === 'ann'
        ? { kinds: { notes: { owner: 'x', text: 'y' }, motto: 'all' } }
        : { kinds: { motto: 'all', lines: 'none', notes: { text: 'y', owner: 'x' } } },
    )
    const [ann, bob] = [await tokenOf('ann'), await tokenOf('bob')]
    await store.commit((tx) => tx.notes.put({ id: 'n', owner: 'x', text: 'y' }))
    const first = await ask(ann, 'snapshot')
    await store.commit((tx) => tx.notes.put({ id: 'm', owner: 'x', text: 'y' }))
    const second = await ask(bob, 'snapshot')
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
    expect(await second.text()).toBe(await first.text())
  })

  test('[B1] that is wrong shows nothing, and is reported in full', async () => {
    for (const grant of [
      undefined,
      { kinds: { nothing: 'all' } },
      { kinds: { notes: 'everything' } },
      { kinds: { notes: {} } },
      { kinds: { notes: { 'a..b': 1 } } },
      { kinds: { notes: { 'a"b': 1 } } },
      { kinds: { notes: { owner: Number.NaN } } },
      { kinds: { notes: { owner: ['ann'] } } },
      { kinds: { details: { owner: 'ann' } } },
      { kinds: { options: { theme: 'dark' } } },
      { actions: 'some' },
      { kind: {} },
    ]) {
      const { store, ask, tokenOf, errors } = await serveDiary(() => grant as never)
      await fill(store, 'ann')
      const response = await ask(await tokenOf('ann'), 'snapshot')
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([500, 'INTERNAL'])
      expect([grant, errors]).toMatchObject([grant, [{ cause: { cause: { code: 'GRANT_INVALID' } } }]])
    }
  })
})
