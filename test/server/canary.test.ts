/** Canaries: secrets in each place where there is one, looked for in all that a served store gives out. */
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { openStore, type ReportEvent } from '../../src/index.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { z } from 'zod'
import { action } from '../../src/server.ts'
import { attachSocketIo } from '../../src/socket-io.ts'
import { club } from './club.ts'
import { bearer, type Headers, pairOf, type ServedClub, serveClub } from './served-club.ts'
import { readUntil } from './served.ts'

const command = join(import.meta.dirname, '../../src/cli/holdfast.ts')
const apiKey = 'canary-of-the-setting-7f3a91'
const role = 'canary-of-the-session-58c2'

/** Keeps nothing of what the session carries. */
const say = action(club, z.object({ id: z.string() }), (tx, { id }, { session }) => {
  tx.messages.put({ id, by: session?.user ?? 'the owner' })
  return id
})

const stumble = action(club, z.object({ id: z.string() }), () => {
  throw new Error('stumbled')
})

/** All of a value that a log could show. */
function shown(thing: unknown): string {
  return `${inspect(thing, { depth: 20, showHidden: true })} ${JSON.stringify(thing)} ${thing instanceof Error ? thing.stack : ''}`
}

/** A whole answer: its head and its body. */
async function answered(response: Response): Promise<string> {
  const heads = [...response.headers].filter(([name]) => name !== 'set-cookie')
  return `${response.status} ${JSON.stringify(heads)} ${await response.text()}`
}

/** Everything that is asked for rightly, by somebody who is signed in. */
async function answers({ store, server, ask, say: call }: ServedClub, headers: Headers, session: string): Promise<readonly string[]> {
  const { id } = await store.files.put(Buffer.from('bytes'), {})
  const addresses = [
    'snapshot',
    'page?kind=settings',
    'page?kind=messages',
    'detail?kind=settings&key=apiKey',
    `artifact/files/${id}`,
    'sign-in',
  ]
  const asked = [...addresses, 'changes?waitMs=0', `changes?after=${store.cursor}&waitMs=0`, `detail?kind=members&key=${session}`]
  const refused = ['snapshot?kinds=members', 'page?kind=members', 'feed?kinds=members', 'nowhere', 'artifact/members/x', 'changes?after=x']
  const responses = [...asked, ...refused].map((address) => ask(address, headers))
  const roots = ['/', '/healthz', '/app.js', '/nowhere'].map((path) => fetch(`${server.url}${path}`, { headers }))
  const calls = [call('a', { ...headers, 'holdfast-request': '1' }), call('b', headers)]
  return Promise.all([...responses, ...roots, ...calls].map(async (response) => answered(await response)))
}

/** All that Socket.IO brings, until the feed has told of the last commit: answers, refusals, and what is made of addresses that hold secrets. */
function overIo(url: string, { by, headers, secrets }: { by: string; headers: Headers; secrets: readonly string[] }): Promise<string> {
  const socket = io(`${url}/holdfast`, { transports: [by], extraHeaders: headers, forceNew: true })
  onTestFinished(() => void socket.disconnect())
  const asked: unknown[][] = [
    ...['snapshot', 'feed', 'page?kind=settings', 'detail?kind=settings&key=apiKey', 'changes?waitMs=0'].map((address) => [address]),
    ...['snapshot?kinds=members', 'page?kind=members', 'nowhere', 'changes?after=x'].map((address) => [address]),
    ['call/say', { id: `over ${by}`, input: { id: by } }],
    ['call/say', { id: 'x', input: 7 }],
    ...secrets.flatMap((secret) => [[`snapshot?token=${secret}`], ['sign-in', { code: `${secret}x` }]]),
  ]
  for (const [at, words] of asked.entries()) socket.emit('holdfast', at + 1, ...words)
  let text = ''
  let ended = 0
  return new Promise((resolve) => {
    socket.onAny((...said: unknown[]) => {
      text += JSON.stringify(said)
      if (said.length === 2) ended += 1
      // All but the feed.
      if (ended >= asked.length - 1 && text.includes('the last title')) resolve(text)
    })
  })
}

/** What is said of secrets that came to a place where they do not belong. */
async function mistakes({ server, ask, say: call }: ServedClub, secrets: readonly string[]): Promise<readonly string[]> {
  const texts: string[] = []
  const ours = { 'holdfast-request': '1', 'content-type': 'application/json' }
  for (const secret of secrets) {
    const responses = [
      ask(`snapshot?token=${secret}`, bearer(secret)),
      ask('snapshot', { authorization: `Basic ${secret}` }),
      ask('snapshot', bearer(`${secret}x`)),
      ask('snapshot', { cookie: `${pairOf(server.clearSessionCookie())}${secret}x` }),
      ask('snapshot', { ...bearer(secret), origin: 'http://evil.example' }),
      ask('../socket.io/?EIO=4&transport=polling', bearer(`${secret}x`)),
      ask('sign-in', ours, { method: 'POST', body: JSON.stringify({ code: secret }) }),
      call('c', { ...bearer(`${secret}x`), cookie: `a=${secret}` }),
    ]
    for (const response of responses) texts.push(await answered(await response))
  }
  return texts
}

test('[X45] [Z25] secrets are in nothing that a served store answers, streams, reports or keeps, but for their own places', async () => {
  const directory = temporaryDirectory()
  const page = temporaryDirectory()
  writeFileSync(join(page, 'index.html'), '<!doctype html><script src="app.js"></script>')
  writeFileSync(join(page, 'app.js'), 'document.title = "club"')
  const told: unknown[] = []
  const warnings = (warning: Error): void => void told.push(warning)
  process.on('warning', warnings)
  onTestFinished(() => void process.off('warning', warnings))
  const store = await openStore(club, { directory, report: (event: ReportEvent) => void told.push(event) })
  onTestFinished(() => store.close())
  const served = await serveClub({ page, WebSocketServer, actions: { say, stumble } }, store)
  const { server, token } = served
  const ioServer = new Server(server.http)
  attachSocketIo(ioServer, server.handler)
  onTestFinished(async () => void (await Promise.all([ioServer.close(), server.close()])))

  const streamed: Promise<string>[] = []
  const follow = async (headers: Headers): Promise<void> => {
    const response = await served.ask('feed', headers)
    streamed.push(readUntil(response, (text) => text.includes('the last title')))
  }
  const waiting = served.ask(`changes?after=${store.cursor}`, bearer(token)).then(answered)
  await follow(bearer(token))
  await store.settings.set({ theme: 'light', apiKey })
  const made = await store.members.create({ user: 'ada', data: { role } })
  const rotated = await store.members.rotate(made.token)
  const link = server.link({ user: 'bob', data: { role } })
  const code = new URL(link).hash.slice(1)
  const [cookie = ''] = await served.follow(link)
  const [ownerCookie = ''] = await served.follow(server.link())
  const cookies = [cookie, ownerCookie].map((header) => pairOf(header).split('=')[1] ?? '')
  const secrets = [apiKey, role, token, made.token, rotated?.token ?? '', code, ...cookies]
  for (const secret of secrets) expect(secret.length).toBeGreaterThan(20)
  await follow({ cookie: pairOf(cookie) })
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/state/feed`, ['holdfast.1', `bearer.${token}`])
  socket.on('message', (bytes: Buffer) => streamed.push(Promise.resolve(bytes.toString())))
  await once(socket, 'message')
  const words = secrets.filter((secret) => /^[\w.-]+$/.test(secret))
  for (const by of ['websocket', 'polling']) {
    streamed.push(overIo(server.url, { by, headers: bearer(token), secrets: words }))
    streamed.push(overIo(server.url, { by, headers: { cookie: pairOf(cookie), origin: server.url }, secrets: words }))
  }

  const texts = [...(await answers(served, bearer(token), made.id)), ...(await answers(served, { cookie: pairOf(cookie) }, made.id))]
  expect(texts.filter((text) => text.startsWith('200')).length).toBeGreaterThan(20)
  texts.push(...(await mistakes(served, words)))
  for (const headers of [bearer(token), { cookie: pairOf(cookie), 'holdfast-request': '1' }]) {
    const body = JSON.stringify({ id: 'c', input: { id: apiKey } })
    texts.push(
      await answered(await served.ask('call/stumble', { 'content-type': 'application/json', ...headers }, { method: 'POST', body })),
    )
  }
  await store.members.revoke(made.id)
  await store.commit((tx) => tx.title.set('the last title'))
  socket.terminate()
  texts.push(await waiting, ...(await Promise.all(streamed)), shown(store.health()), shown(server), shown(told))
  const why = async (...key: string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, ['--no-warnings', command, 'why', directory, ...key])).stdout
  texts.push(await why('settings', 'apiKey'), await why('settings', 'apiKey', '--json'))
  const bob = store.members.list().items[0]
  expect(bob?.user).toBe('bob')
  texts.push(await why('members', bob?.id ?? '', '--json'))
  const tables = await openTables(directory)
  const history = ['hf_commit', 'hf_request', 'hf_kind', 'hf_meta'].map((name) => shown(tables.all(`SELECT * FROM ${name}`)))
  texts.push(...history)

  const everything = texts.join('\n')
  // What is not secret is there: the search has found something to search.
  for (const known of ['the last title', '"light"', 'signed in', '"bob"', '{"ok":true}', 'document.title', 'INTERNAL', 'Error: stumbled'])
    expect(everything).toContain(known)
  for (const [at, secret] of secrets.entries()) expect([at, everything.includes(secret)]).toEqual([at, false])

  // On the disk a setting and what sessions carry have their rows; tokens, codes and cookies have nothing, but for the owner's in its file.
  await store.close()
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'token')
  const bytes = execFileSync(
    'cat',
    files.map(({ parentPath, name }) => join(parentPath, name)),
    { encoding: 'latin1' },
  )
  expect(bytes).toContain('the last title')
  for (const [at, secret] of secrets.slice(2).entries()) expect([at, bytes.includes(secret)]).toEqual([at, false])
})
