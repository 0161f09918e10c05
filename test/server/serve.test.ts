import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { EventSource } from 'eventsource'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { decodeCommitLine } from '../../src/protocol/commit-text.ts'
import { connect } from '../../src/client.ts'
import { collection, defineState, openStore } from '../../src/index.ts'
import { action, createHandler, refuseAction, serve } from '../../src/server.ts'
import { routes } from '../../src/server/routes.ts'
import { listeningOn } from '../support/listening.ts'
import { readSnapshot } from '../support/read-snapshot.ts'
import { host, openSample, sample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { addHost, freePort, readUntil, serveSample } from './served.ts'

test('[H1] [H5] a snapshot is lines of what is stored, with a tag by which an unchanged one is not sent again', async () => {
  const { store, ask } = await serveSample()
  await store.commit((tx) => {
    tx.hosts.put(host('a'))
    tx.lines.append('begun', { stream: 's' })
  })
  const response = await ask('snapshot')
  const { header, items } = readSnapshot(await response.text())
  expect(header.cursor).toBe(store.cursor)
  expect(items).toEqual([
    { kind: 'hosts', item: ['a', 1, expect.any(Number), host('a')] },
    { kind: 'lines', item: [1, 's', 1, expect.any(Number), 'begun'] },
  ])
  const etag = response.headers.get('etag') ?? ''
  expect((await ask('snapshot', { headers: { 'if-none-match': etag } })).status).toBe(304)
  await store.commit((tx) => tx.hosts.delete('a'))
  const changed = await ask('snapshot?kinds=hosts', { headers: { 'if-none-match': etag } })
  expect(changed.status).toBe(200)
  await changed.body?.cancel()
})

test('[H1] [M6] the tag of a snapshot is another one where the program has declared an index since, for which there is no commit', async () => {
  const directory = temporaryDirectory()
  const [tags, cursors]: [string[], string[]] = [[], []]
  for (const indexes of [{}, { byStatus: ['status'] as const }]) {
    const kinds = { hosts: collection(z.object({ address: z.string(), status: z.string() }), { key: 'address', indexes }) }
    await using store = await openStore(defineState({ name: 'tags', version: 1, kinds }), { directory })
    await using server = await serve(store, { port: await freePort() })
    const headers = { authorization: `Bearer ${readFileSync(join(directory, 'token'), 'utf8').trim()}` }
    tags.push((await fetch(`${server.url}/state/snapshot`, { headers })).headers.get('etag') ?? '')
    cursors.push(store.cursor)
  }
  expect([new Set(cursors).size, new Set(tags).size]).toEqual([1, 2])
})

test('[X10] [H2] polls bring what streams bring, and say where to go on', async () => {
  const { store, ask } = await serveSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { cursor } = store
  expect(await ask(`changes?after=${cursor}&waitMs=0`)).toMatchObject({ status: 204 })
  const waiting = ask(`changes?after=${cursor}`)
  await store.commit((tx) => tx.hosts.put(host('a')), { label: 'found' })
  const response = await waiting
  const commit = decodeCommitLine(await response.text())
  expect(commit).toMatchObject({ revision: 2, label: 'found', changes: [{ kind: 'hosts', op: 'put', key: 'a', value: host('a') }] })
  expect(response.headers.get('holdfast-cursor')).toBe(store.cursor)
  await store.commit((tx) => tx.counter.set(1))
  const filtered = await ask(`changes?after=${commit.cursor}&kinds=hosts&waitMs=20`)
  expect(filtered.status).toBe(204)
  expect(filtered.headers.get('holdfast-cursor')).toBe(store.cursor)
})

test('[F4] lying and malformed cursors get their codes', async () => {
  const { store, ask } = await serveSample()
  await store.commit((tx) => tx.title.set('begin'))
  const [epoch, , check] = store.cursor.split('.')
  for (const [after, status, code] of [
    ['nonsense', 400, 'CURSOR_INVALID'],
    [`AAAAAAAA.1.${check}`, 200, 'CURSOR_DIVERGED'],
    [`${epoch}.zz.${check}`, 200, 'CURSOR_IN_FUTURE'],
    [`${epoch}.1.AAAAAAAA`, 200, 'CURSOR_DIVERGED'],
  ] as const) {
    const response = await ask(`changes?after=${after}&waitMs=0`)
    expect(response.headers.get('holdfast-reset')).toBe(status === 200 ? code : null)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code])
  }
})

test('[F4] a stream is refused where its cursor is none that a server gave out', async () => {
  const { store, ask } = await serveSample()
  await store.commit((tx) => tx.title.set('begin'))
  const [epoch, , check] = store.cursor.split('.')
  const malformed = ['nonsense', '..', `${epoch}.-1.${check}`, `${epoch}.01.${check}`, `${epoch}.zzzzzzzzzzz.${check}`, 'a'.repeat(10_000)]
  for (const cursor of malformed) {
    for (const response of [await ask(`feed?after=${cursor}`), await ask('feed', { headers: { 'last-event-id': cursor } })]) {
      expect([cursor, response.status, ((await response.json()) as { code: string }).code]).toEqual([cursor, 400, 'CURSOR_INVALID'])
    }
  }
  const text = await readUntil(await ask(`feed?after=nonsense`, { headers: { 'last-event-id': store.cursor } }), (sofar) =>
    sofar.includes('bookmark'),
  )
  expect(text).toContain(store.cursor)
})

test('[R3] kinds that there are not are named, wherever they are asked for', async () => {
  const { ask } = await serveSample()
  for (const address of ['snapshot?kinds=nothing', 'feed?kinds=hosts,nothing', 'changes?after=x&kinds=nothing', 'detail?kind=nothing']) {
    const response = await ask(address)
    expect([address, response.status, await response.json()]).toMatchObject([address, 400, { code: 'KIND_UNKNOWN' }])
  }
})

test('[R3] pages and details come from the server, with the cursor that holds them', async () => {
  const { store, ask } = await serveSample()
  await store.commit((tx) => ['a', 'b', 'c'].forEach((key, seen) => tx.hosts.put(host(key, 'up', { seen }))))
  const query = encodeURIComponent(JSON.stringify({ index: 'byStatus', equals: ['up'], order: 'desc', limit: 2 }))
  const page = (await (await ask(`page?kind=hosts&query=${query}`)).json()) as { items: [string][]; next: string; cursor: string }
  expect(page.items.map(([key]) => key)).toEqual(['c', 'b'])
  expect(page.cursor).toBe(store.cursor)
  expect(await (await ask('detail?kind=hosts&key=a')).json()).toEqual({
    cursor: store.cursor,
    item: ['a', 1, expect.any(Number), host('a', 'up', { seen: 0 })],
  })
  expect(await (await ask('detail?kind=hosts&key=z')).json()).toEqual({ cursor: store.cursor, item: null })
  for (const [address, code] of [
    ['page?kind=nothing', 'KIND_UNKNOWN'],
    [`page?kind=hosts&query=${encodeURIComponent('{"index":"byNothing"}')}`, 'INDEX_UNKNOWN'],
    [`page?kind=hosts&query=${encodeURIComponent('{"indexx":"byStatus"}')}`, 'OPTION_INVALID'],
    ['page?kind=hosts&query=%5B', 'BODY_INVALID'],
    ['page', 'REQUEST_INVALID'],
  ] as const) {
    const response = await ask(address)
    expect([address, response.status, ((await response.json()) as { code: string }).code]).toEqual([address, 400, code])
  }
})

test('[C7] an action asked for again by its id runs once, over a restart of the server too', async () => {
  const { store, server, ask, token } = await serveSample()
  const call = (url: string, id: string, input: unknown): Promise<Response> =>
    fetch(`${url}/state/call/addHost`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, connection: 'close', 'content-type': 'application/json' },
      body: JSON.stringify({ id, input }),
    })
  const first = (await (await call(server.url, 'one', { address: 'a' })).json()) as { cursor: string }
  expect(first).toEqual({ value: 1, cursor: store.cursor })
  await store.commit((tx) => tx.hosts.put(host('b')))
  await server.close()
  const again = await serve(store, { port: server.port, actions: { addHost } })
  onTestFinished(() => again.close())
  expect(await (await call(again.url, 'one', { address: 'a' })).json()).toMatchObject({ value: 1 })
  expect(store.hosts.count()).toBe(2)
  expect(await (await call(again.url, 'two', { address: 7 })).json()).toMatchObject({ code: 'SCHEMA_REJECTED' })
  const unknown = await ask('call/nothing', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":"x"}' })
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'ACTION_UNKNOWN' }])
})

test('[C5] an action that refuses changes nothing, and its words arrive at a replica as they were given', async () => {
  const reason = 'a is known already'
  const refuse = action(sample, z.object({}), (tx) => {
    tx.title.set('changed')
    refuseAction(reason)
  })
  const { store, server, token } = await serveSample({ actions: { refuse } })
  const replica = connect<typeof sample, { refuse: typeof refuse }>({ url: `${server.url}/state`, token })
  onTestFinished(() => replica.close())
  await expect(replica.call('refuse', {})).rejects.toMatchObject({ code: 'ACTION_REFUSED', message: reason, details: { reason } })
  expect(store.title.get()).toBeUndefined()
})

test('[Z1] every route but the open ones answers 401 without a body to whoever has no token', async () => {
  const { server } = await serveSample()
  expect(routes.filter(({ auth }) => auth === 'open').map(({ name }) => name)).toEqual(['health', 'proof', 'signInPage'])
  for (const { name, path, method, auth } of routes) {
    const full = (path.startsWith('/') ? path : `/state/${path}`).replace('*', 'anything')
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { cookie: 'holdfast=v1.a.b.c' }] as Record<string, string>[]) {
      const init =
        method === 'POST'
          ? { method, body: '{}', headers: { ...headers, 'content-type': 'application/json', 'holdfast-request': '1' } }
          : { headers }
      const response = await fetch(`${server.url}${full}`, init)
      const body = await response.text()
      // What asks for a proof and does not say of what is wrong, whoever it is.
      if (auth === 'open') expect(response.status, full).toBe(name === 'proof' ? 400 : 200)
      else expect([full, response.status, body]).toEqual([full, 401, ''])
    }
  }
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ ok: true })
  const nowhere = await fetch(`${server.url}/state/nowhere`, { method: 'DELETE' })
  expect([nowhere.status, await nowhere.text()]).toEqual([401, ''])
})

test('[Z15] a page comes with a policy by which it runs and loads its own files only', async () => {
  const page = temporaryDirectory()
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>page</title>')
  const { server, token } = await serveSample({ page })
  const shown = await fetch(server.url, { headers: { authorization: `Bearer ${token}` } })
  expect([shown.status, await shown.text()]).toEqual([200, '<!doctype html><title>page</title>'])
  expect(shown.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
})

test('[Z8] a link signs a browser in once; its cookie outlives the server', async () => {
  const { store, server } = await serveSample()
  const link = new URL(server.link())
  const code = link.hash.slice(1)
  expect(link.search).toBe('')
  const exchange = (url: string, given: string): Promise<Response> =>
    fetch(`${url}/state/sign-in`, {
      method: 'POST',
      headers: { connection: 'close', 'content-type': 'application/json', 'holdfast-request': '1' },
      body: JSON.stringify({ code: given }),
    })
  const signedIn = await exchange(server.url, code)
  expect(signedIn.status).toBe(204)
  const cookie = signedIn.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/; HttpOnly/)
  expect(cookie).toMatch(/; SameSite=Strict/)
  expect((await exchange(server.url, code)).status).toBe(401)
  const headers = { cookie: cookie.split(';')[0] ?? '' }
  await server.close()
  const again = await serve(store, {})
  onTestFinished(() => again.close())
  expect(again.port).toBe(server.port)
  const response = await fetch(`${again.url}/state/snapshot`, { headers })
  expect(response.status).toBe(200)
  await response.body?.cancel()
})

test('[G2] the port is kept, and one that is taken meanwhile is an error', async () => {
  const { store, server } = await serveSample()
  // It is this store's own server that has it, which is what people run into.
  const message = expect.stringMatching(/^Port \d+ of 127\.0\.0\.1 .* another server of the same store may hold\.$/)
  await expect(serve(store, {})).rejects.toMatchObject({ code: 'PORTS_TAKEN', details: { from: server.port }, message })
})

test('[Z11] the token and the port are for this user only', async () => {
  const { store } = await serveSample()
  for (const file of ['token', 'port']) expect(statSync(join(store.directory, file)).mode & 0o777, file).toBe(0o600)
})

test('[Z10] other machines are let in by who says so only', async () => {
  const store = await openSample()
  await expect(serve(store, { host: '0.0.0.0' })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  await expect(serve(store, { hots: '0.0.0.0' } as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
})

test.runIf(process.platform === 'linux')('[Z10] loopback is what is listened on, and all else is warned of (needs /proc)', async () => {
  const { store, server } = await serveSample()
  const hasSix = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
  expect(listeningOn(server.port)).toEqual(['127.0.0.1', ...(hasSix ? ['::1'] : [])])
  const warnings: unknown[] = []
  const hear = (warning: Error): void => void warnings.push(warning)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  const exposed = await serveSample({ host: '0.0.0.0', insecure: true }, store)
  const message: unknown = expect.stringContaining('on 0.0.0.0 without TLS')
  expect(warnings).toMatchObject([{ code: 'SERVED_BEYOND_THIS_MACHINE', message }])
  expect(listeningOn(exposed.server.port)).toEqual(['0.0.0.0'])
})

test('what cannot work is refused before anything is served, and the message names what was called and what to do', async () => {
  const store = await openSample()
  const served = async (options: object): Promise<unknown> => serve(store, options)
  await expect(served({ action: {} })).rejects.toThrow('Unknown option "action" of serve; did you mean "actions"?')
  await expect(served({ isSecure: true })).rejects.toThrow('Expected "isSecure" to be left out, since it follows from tls, got true')
  const notMade = 'Expected "actions.add" to be made by action(state, schema, run), got a function'
  await expect(served({ actions: { add: () => 1 } })).rejects.toThrow(notMade)
  const page = join(store.directory, 'nowhere')
  await expect(served({ page })).rejects.toMatchObject({
    code: 'DIRECTORY_INVALID',
    message: expect.stringContaining(`The option "page" names ${page}, which cannot be read (ENOENT`),
    details: { directory: page },
  })
  expect(existsSync(join(store.directory, 'port'))).toBe(false)

  const handled = (options?: object) => (): unknown => createHandler(store, options as never)
  const noPort =
    'Expected "port" to be the port that clients name, from 1 to 65535, or a function that answers with it once it is known, got '
  expect(handled()).toThrow(`${noPort}undefined`)
  expect(handled({ actions: { addHost } })).toThrow(`${noPort}undefined`)
  expect(handled({ port: 0 })).toThrow(`${noPort}0 (number)`)
  expect(handled({ port: 1, action: {} })).toThrow('Unknown option "action" of createHandler; did you mean "actions"?')
  expect(handled({ port: 1, actions: { add: () => 1 } })).toThrow(notMade)
  expect(() => action(sample, (() => 1) as never, () => 1)).toThrow(
    'Expected "action schema" to be a schema that follows Standard Schema v1',
  )
})

test('[H4] a page built for another version of the state is told so', async () => {
  const { ask } = await serveSample()
  for (const address of ['snapshot', 'feed', 'changes']) {
    const response = await ask(`${address}?state=sample@2&after=x`)
    expect([response.status, await response.json()]).toMatchObject([
      409,
      { code: 'STATE_VERSION_MISMATCH', details: { served: 'sample@1' } },
    ])
  }
})

test('[F3] streams beyond the cap are refused, and those that are there go on', async () => {
  const { store, ask, server } = await serveSample({ maxStreams: 2 })
  await store.commit((tx) => tx.title.set('begin'))
  const open = [await ask('feed'), await ask('feed')]
  const refused = await ask('feed')
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'TOO_MANY_STREAMS' }])
  await Promise.all(open.map((response) => readUntil(response, (text) => text.includes('"end"'))))
  expect(server.handler.streams).toBeLessThanOrEqual(2)
})

test('[Z19] [Z23] bodies too large or too deep are refused before they are parsed', async () => {
  const { ask } = await serveSample()
  const post = async (body: string): Promise<unknown[]> => {
    const response = await ask('call/addHost', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return [response.status, ((await response.json()) as { code: string }).code]
  }
  expect(await post(`{"id":"x","input":"${'x'.repeat(1_100_000)}"}`)).toEqual([413, 'BODY_TOO_LARGE'])
  expect((await post(`{"id":"x","input":${'['.repeat(1000)}${']'.repeat(1000)}}`))[0]).toBe(422)
  expect((await post('{"id":'))[0]).toBe(400)
})

test('[P8] the package eventsource, which nobody here wrote, hydrates and follows', async () => {
  const { store, server, token } = await serveSample()
  await store.commit((tx) => tx.hosts.put(host('a')))
  const source = new EventSource(`${server.url}/state/feed`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
  })
  onTestFinished(() => source.close())
  const lines: string[] = []
  const hydrated = new Promise<void>((resolve) =>
    source.addEventListener('snapshot', ({ data, lastEventId }) => {
      lines.push(data as string)
      if (lastEventId !== '') resolve()
    }),
  )
  const next = new Promise<MessageEvent>((resolve) => (source.onmessage = resolve))
  await hydrated
  expect(readSnapshot(`${lines.join('\n')}\n`).items).toHaveLength(1)
  await store.commit((tx) => tx.hosts.put(host('b')))
  const message = await next
  expect(message.lastEventId).toBe(store.cursor)
  expect(JSON.parse(message.data as string)).toEqual([expect.any(Number), ['hosts', 'b', host('b')]])
  const unknown = new EventSource(`${server.url}/state/feed`)
  expect(await new Promise((resolve) => unknown.addEventListener('error', resolve))).toMatchObject({ code: 401 })
  expect(unknown.readyState).toBe(EventSource.CLOSED)
})

test('[X57] a page has one stream however many parts of it subscribe, and the store one follower however many pages there are', async () => {
  const { store, server, token } = await serveSample()
  await store.commit((tx) => tx.hosts.put(host('a')))
  const replicas = Array.from({ length: 10 }, () => connect<typeof sample>({ url: `${server.url}/state`, token, transport: 'sse' }))
  onTestFinished(() => {
    for (const replica of replicas) replica.close()
  })
  let calls = 0
  for (const replica of replicas) {
    await replica.ready
    for (let part = 0; part < 20; part += 1) replica.hosts.subscribe(() => (calls += 1))
  }
  await store.commit((tx) => tx.hosts.put(host('b')))
  await Promise.all(replicas.map((replica) => replica.settled(store.cursor)))
  expect(calls).toBe(200)
  expect(server.handler.streams).toBe(10)
  expect(store.health().followers).toBe(1)
})

test('[X51] [Z1] a supervisor with the token is told whether writes can succeed, and why not', async () => {
  const { store, server, ask } = await serveSample()
  const ready = await ask('ready')
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }])
  await server.close()
  await store.close()
  const readOnly = await openStore(sample, { directory: store.directory, readOnly: true })
  onTestFinished(() => readOnly.close())
  const served = await serveSample({}, readOnly)
  const refused = await served.ask('ready')
  expect([refused.status, await refused.json()]).toEqual([503, { ready: false, reasons: ['The store was opened read-only.'] }])
  // The probe says that it lives, and nothing else to anybody.
  expect(await (await fetch(`${served.server.url}/healthz`)).json()).toEqual({ ok: true })
})
