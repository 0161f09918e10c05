import { expect, onTestFinished, test } from 'vitest'
import { defineState, document, sessions } from '../../src/index.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { createHandler } from '../../src/server.ts'
import { routes } from '../../src/server/routes.ts'
import { z } from 'zod'
import { openStoreWith } from '../../src/store/open-store.ts'
import { openState } from '../support/open-state.ts'
import { passSeconds, SteppingClock } from '../support/stepping-clock.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { absoluteMs, club } from './club.ts'
import { bearer, pairOf, type ServedClub, serveClub } from './served-club.ts'

const data = { role: 'member' }
const ours = { 'holdfast-request': '1' }

async function signedIn(
  served: ServedClub,
  user = 'ada',
): Promise<{ readonly id: string; readonly token: string; readonly cookie: string }> {
  const { id, token } = await served.store.members.create({ user, data })
  return { id, token, cookie: pairOf(served.server.sessionCookie(token)) }
}

test('[E1] [Z1] a session opens every route, by its token or its cookie, for as long as it lasts', async () => {
  const served = await serveClub()
  const { store, server } = served
  await store.commit((tx) => tx.title.set('begin'))
  const { id: artifact } = await store.files.put(Buffer.from('bytes'), {})
  const { id, token, cookie } = await signedIn(served)
  const closed = routes.filter(({ auth }) => auth === 'token')
  const status = async (headers: Record<string, string>): Promise<readonly (readonly [string, number])[]> =>
    Promise.all(
      closed.map(async ({ name, path, method }) => {
        const full = (path.startsWith('/') ? path : `/state/${path}`)
          .replace('artifact/*', `artifact/files/${artifact}`)
          .replace('*', 'say')
        const query = `?after=${store.cursor}&waitMs=0&kind=messages&key=x`
        const init = method === 'POST' ? { method, body: '{"id":"1","input":{"id":"1"}}' } : {}
        const all = { ...headers, ...(method === 'POST' ? { 'content-type': 'application/json', ...ours } : {}) }
        const response = await fetch(`${server.url}${full}${query}`, { ...init, headers: all })
        await response.body?.cancel()
        return [name, response.status] as const
      }),
    )
  const open = closed.map(({ name }) => [name, name === 'changes' ? 204 : name === 'asset' ? 404 : 200])
  expect(await status(bearer(token))).toEqual(open)
  expect(await status({ cookie })).toEqual(open)
  // Tokens that are none, a cookie of another name, and a token that is no session's but the owner's in the cookie of sessions.
  const never = closed.map(({ name }) => [name, 401])
  for (const headers of [
    bearer(`${token.slice(1)}A`),
    { cookie: cookie.replace('session-', '') },
    { cookie: cookie.replace(token, served.token) },
    { cookie: pairOf(server.clearSessionCookie()) },
  ])
    expect(await status(headers)).toEqual(never)
  await store.members.revoke(id)
  expect([await status(bearer(token)), await status({ cookie })]).toEqual([never, never])
})

test('[E1] [X37] reading with a session writes nothing; when it was last used is written a minute later, and nothing beside', async () => {
  const clock = new SteppingClock()
  const directory = temporaryDirectory()
  const served = await serveClub({}, await openStoreWith({ ...systemSeams(), clock }, club, { directory }))
  const { store } = served
  onTestFinished(() => store.close())
  await store.commit((tx) => tx.title.set('begin'))
  const { cursor } = store
  await store.commit((tx) => tx.title.set('next'))
  const { token } = await signedIn(served)
  await store.flush()
  const tables = await openTables(directory)
  // It moves with each transaction of another connection that wrote something, whatever that was.
  const written = (): unknown => tables.all('PRAGMA data_version')
  const readAll = async (): Promise<void> => {
    for (const address of ['snapshot', 'feed', `changes?after=${cursor}`, 'page?kind=messages', 'detail?kind=messages&key=x']) {
      const response = await served.ask(address, bearer(token))
      await response.body?.cancel()
      expect([address, response.status]).toEqual([address, 200])
    }
    await store.flush()
  }
  const untouched = written()
  for (let n = 0; n < 5; n += 1) await readAll()
  expect(written()).toEqual(untouched)

  const names = tables.all("SELECT name FROM sqlite_master WHERE type = 'table'").flat()
  const columnsOf = (name: unknown): unknown[] => tables.all(`SELECT name FROM pragma_table_info('${String(name)}')`).flat()
  const rows = (): unknown =>
    names.map((name) => {
      const columns = columnsOf(name).filter((column) => column !== 'used')
      return [name, tables.all(`SELECT ${columns.join()} FROM ${String(name)}`)]
    })
  const [before, began] = [rows(), store.members.list().items[0]?.usedAt]
  clock.step(60_000)
  await readAll()
  await passSeconds(clock, 2000)
  expect(tables.all('SELECT used FROM k3')).toEqual([[(began ?? 0) + 60_000]])
  expect(rows()).toEqual(before)
})

test('[Z4] a request that changes something by the cookie of a session needs the header of ours; by its token it does not', async () => {
  const served = await serveClub()
  const { token, cookie } = await signedIn(served)
  expect((await served.say('a', { cookie })).status).toBe(403)
  expect((await served.say('a', { cookie, origin: 'http://evil.example', ...ours })).status).toBe(403)
  expect((await served.say('a', { cookie, ...ours })).status).toBe(200)
  expect((await served.say('b', bearer(token))).status).toBe(200)
})

test('[C7] [C9] an action knows whose session asks, its commit is theirs, and ids are of each user alone', async () => {
  const served = await serveClub()
  const { store } = served
  const [ada, bob] = [await signedIn(served, 'ada'), await signedIn(served, 'bob')]
  const value = async (id: string, headers: Record<string, string>): Promise<unknown> =>
    ((await (await served.say(id, headers)).json()) as { value: unknown }).value
  expect(await value('a', bearer(served.token))).toBe('the owner')
  expect(store.why('messages', 'a')).toMatchObject({ actor: 'client', label: 'say' })
  expect(await value('a', bearer(ada.token))).toBe('ada, member')
  expect(store.why('messages', 'a')).toMatchObject({ actor: 'ada', label: 'say' })
  expect(await value('a', bearer(bob.token))).toBe('bob, member')
  // Also of one whose name is that by which commits of the owner go.
  expect(await value('b', bearer(served.token))).toBe('the owner')
  expect(await value('b', bearer((await signedIn(served, 'client')).token))).toBe('client, member')
  // Repeated, it answers as the first time, and does nothing: bob's stays.
  expect([await value('a', bearer(ada.token)), await value('a', { ...ours, cookie: ada.cookie })]).toEqual(['ada, member', 'ada, member'])
  expect(store.messages.get('a')?.by).toBe('bob, member')
})

test('[E1] a session that is over before the body of a call has come calls nothing', async () => {
  const served = await serveClub()
  const { id, token } = await signedIn(served)
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode('{"id":"1",'))
      await served.store.members.revoke(id)
      controller.enqueue(new TextEncoder().encode('"input":{"id":"late"}}'))
      controller.close()
    },
  })
  const handler = createHandler(served.store, { port: 1, actions: {} })
  const request = new Request('http://127.0.0.1:1/state/call/say', {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body,
    duplex: 'half',
  })
  const response = await handler.fetch(request)
  expect([response.status, await response.text(), response.headers.get('www-authenticate')]).toEqual([401, '', 'Bearer'])
})

test('[Z8] [Z24] a link signs a browser in as a session that is made then, and ends the one it had', async () => {
  const served = await serveClub()
  const { store, server, follow } = served
  // Somebody planted the cookie of a session of their own, and waits for its token to become that of who signs in.
  const planted = await signedIn(served, 'eve')
  const link = server.link({ user: 'ada', data })
  expect(store.members.list({ user: 'ada' }).items).toEqual([])
  const [cookie = '', cleared = '', ...others] = await follow(link, ['holdfast=x', planted.cookie])
  expect(others).toEqual([])
  const name = pairOf(cookie).split('=')[0] ?? ''
  expect(name).toMatch(/^holdfast-session-[\w-]+$/)
  expect(cookie).toMatch(new RegExp(`^${name}=[\\w-]{43}; Path=/; Max-Age=${absoluteMs / 1000}; HttpOnly; SameSite=Strict$`))
  expect(cleared).toBe(`${name.replace('session-', '')}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`)
  expect(pairOf(cookie)).not.toContain(planted.token)
  expect([store.members.verify(planted.token), store.members.verify(pairOf(cookie).split('=')[1])?.user]).toEqual([undefined, 'ada'])
  expect(await (await served.say('x', { cookie: pairOf(cookie), ...ours })).json()).toMatchObject({ value: 'ada, member' })
  // A link is for one session.
  await expect(follow(link)).rejects.toThrow('401')

  // The same browser as the owner again: the session is over, and its cookie goes.
  const [owner = '', gone = ''] = await follow(server.link(), [pairOf(cookie)])
  expect(gone).toBe(server.clearSessionCookie())
  expect(store.members.list().items).toEqual([])
  expect((await served.ask('snapshot', { cookie: pairOf(owner) })).status).toBe(200)
  // A session that is over does not become the owner's by another cookie of the browser.
  expect((await served.ask('snapshot', { cookie: `${pairOf(cookie)}; ${pairOf(owner)}` })).status).toBe(401)
  const again = await signedIn(served)
  expect(await (await served.say('y', { ...ours, cookie: `${pairOf(owner)}; ${again.cookie}` })).json()).toMatchObject({
    value: 'ada, member',
  })
})

test('[E1] which sessions are let in is said by name where there are several, and cookies are made of nothing but tokens', async () => {
  const kinds = { title: document(z.string()), members: sessions(), robots: sessions() }
  const store = await openState(defineState({ name: 'two', version: 1, kinds }), { memory: true })
  const robot = await store.robots.create({ user: 'r2' })
  const status = async (options: object): Promise<number> => {
    const handler = createHandler(store, { port: 1, ...options })
    const response = await handler.fetch(new Request('http://127.0.0.1:1/state/snapshot', { headers: bearer(robot.token) }))
    return response.status
  }
  expect([await status({}), await status({ sessions: 'robots' }), await status({ sessions: 'members' })]).toEqual([401, 200, 401])
  for (const name of ['title', 'robot', 'constructor', '']) {
    const message = `Expected "sessions" to be the name of a kind made by sessions(), of which the state has "members", "robots", got "${name}" (string)`
    expect(() => createHandler(store, { port: 1, sessions: name })).toThrow(message)
  }
  const none = createHandler(store, { port: 1 })
  for (const use of [() => none.signInPath({ user: 'a' }), () => none.sessionCookie(robot.token), () => none.clearSessionCookie()])
    expect(use).toThrow(TypeError)
  const handler = createHandler(store, { port: 1, sessions: 'robots', isSecure: true })
  expect(handler.sessionCookie(robot.token)).toMatch(/; HttpOnly; SameSite=Strict; Secure$/)
  for (const given of [`${robot.token}\r\nSet-Cookie: a=b`, `${robot.token};`, robot.token.slice(1), '', undefined, 1]) {
    const quoted = given === undefined || given === '' || given === 1 ? 'nothing that could be quoted' : String(given).slice(0, 20)
    expect(() => handler.sessionCookie(given as string)).toThrow(TypeError)
    expect(() => handler.sessionCookie(given as string)).not.toThrow(quoted)
  }
  for (const as of [{}, { user: '' }, { user: 1 }, { usr: 'a' }, 'ada', { user: 'a', token: 'x' }])
    expect(() => handler.signInPath(as as never)).toThrow(TypeError)
})

test('[Z8] no link is made for a session that would be refused when somebody follows it', async () => {
  const { server, follow } = await serveClub()
  for (const data of [undefined, {}, { role: 1 }]) {
    const link = (): string => server.link({ user: 'ada', data })
    expect(link).toThrow(expect.objectContaining({ code: 'SCHEMA_REJECTED', details: { kind: 'members', issues: [expect.anything()] } }))
  }
  expect(() => server.link({ user: 'ada', data: { role: 1 } })).toThrow(/"members" rejects the value at \$\.role: /)
  expect(() => server.link({ user: 'a\0', data })).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
  expect(await follow(server.link({ user: 'ada', data }))).toHaveLength(2)

  const kinds = { bare: sessions(), slow: sessions({ data: z.string().refine(async () => true) }) }
  const store = await openState(defineState({ name: 'two', version: 1, kinds }), { memory: true })
  const pathOf = (kind: string, given: unknown) => (): string =>
    createHandler(store, { port: 1, sessions: kind }).signInPath({ user: 'ada', data: given })
  expect(pathOf('bare', undefined)()).toMatch(/#/)
  expect(pathOf('bare', 'more')).toThrow('Expected "data" to be nothing, since none is declared, got "more" (string)')
  expect(pathOf('slow', 'x')).toThrow(expect.objectContaining({ code: 'SCHEMA_ASYNC' }))
})
