/** Clients that nobody here wrote, beside those of `serve.test.ts` and `web-socket.test.ts`: the words of docs/protocol.md are enough. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { EventSource } from 'eventsource'
import { io as dial } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { decodeCommitLine } from '../../src/protocol/commit-text.ts'
import { chromiumPath, TestBrowser } from '../browser/chromium.ts'
import { openState } from '../support/open-state.ts'
import { readSnapshot } from '../support/read-snapshot.ts'
import { everything } from './everything.ts'
import { Everywhere } from './everywhere.ts'

const curlPath = '/usr/bin/curl'
const note = { id: 'a', owner: 'ann', text: 'Größe' }

test.runIf(existsSync(curlPath))(`[P8] [H5] curl takes a snapshot, polls, follows and calls (needs ${curlPath})`, async () => {
  const store = await openState(everything)
  await store.commit((tx) => tx.notes.put(note))
  const { cursor } = store
  const { url, token } = await Everywhere.serve(store)
  const curl = async (address: string, ...args: string[]): Promise<string> => {
    const known = ['-sS', '-N', '-i', '-H', `Authorization: Bearer ${token}`]
    // Where its time is over it ends with an error, and has printed all the same.
    const ran = promisify(execFile)(curlPath, [...known, ...args, `${url}/state/${address}`]).catch((error: { stdout: string }) => error)
    return (await ran).stdout
  }
  const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4)
  const { header, items } = readSnapshot(bodyOf(await curl('snapshot?kinds=notes')))
  expect([header.cursor, items]).toEqual([cursor, [{ kind: 'notes', item: ['a', 1, expect.any(Number), note] }]])
  const call = ['-X', 'POST', '-H', 'content-type: application/json', '-d', '{"id":"from curl","input":{"id":"b"}}']
  const called = await curl('call/write', ...call)
  expect(JSON.parse(bodyOf(called))).toEqual({ value: 2, cursor: store.cursor })
  expect(bodyOf(await curl('call/write', ...call))).toBe(bodyOf(called))
  const polled = await curl(`changes?after=${cursor}&waitMs=0`)
  const put = { kind: 'notes', op: 'put', key: 'b', value: { id: 'b', owner: 'owner', text: 'called' } }
  expect(decodeCommitLine(bodyOf(polled))).toMatchObject({ cursor: store.cursor, changes: [put] })
  expect(polled).toContain(`holdfast-cursor: ${store.cursor}`)
  const followed = await curl('feed?kinds=notes', '--max-time', '1')
  expect(followed).toMatch(/content-type: text\/event-stream/)
  expect(followed).toContain(`event: bookmark\nid: ${store.cursor}\n`)
  expect(followed).toContain(`["a",1,`)
  const unknown = ['-sS', '-w', '%{http_code} ', ...['snapshot', 'feed', 'changes'].map((address) => `${url}/state/${address}`)]
  expect((await promisify(execFile)(curlPath, unknown)).stdout).toBe('401 401 401 ')
})

test('[P8] the package socket.io-client, by its own words, takes a snapshot, follows, polls and calls', async () => {
  const store = await openState(everything)
  await store.commit((tx) => tx.notes.put(note))
  const place = await Everywhere.serve(store)
  const socket = place.dial('websocket')
  const answers = new Map<number, string>()
  const ended = new Set<number>()
  const statuses = new Map<number, unknown>()
  socket.on('holdfast', (id: number, first?: unknown) => {
    if (typeof first === 'number') statuses.set(id, first)
    else if (typeof first === 'string') answers.set(id, (answers.get(id) ?? '') + first)
    else ended.add(id)
  })
  socket.emit('holdfast', 1, 'snapshot?kinds=notes')
  await expect.poll(() => ended.has(1)).toBe(true)
  const { header, items } = readSnapshot(answers.get(1) ?? '')
  expect(items).toEqual([{ kind: 'notes', item: ['a', 1, expect.any(Number), note] }])
  socket.emit('holdfast', 2, `feed?kinds=notes&after=${header.cursor}`)
  await expect.poll(() => answers.get(0)).toContain('event: bookmark')
  socket.emit('holdfast', 3, 'call/write', { id: 'by hand', input: { id: 'b' } })
  await expect.poll(() => ended.has(3)).toBe(true)
  expect(JSON.parse(answers.get(3) ?? '')).toEqual({ value: 2, cursor: store.cursor })
  await expect.poll(() => answers.get(0)).toMatch(new RegExp(`id: ${store.cursor}\ndata: \\[\\d+,\\["notes","b",`))
  socket.emit('holdfast', 2)
  socket.emit('holdfast', 4, `changes?after=${header.cursor}&waitMs=0`)
  await expect.poll(() => ended.has(4)).toBe(true)
  expect(decodeCommitLine(answers.get(4) ?? '')).toMatchObject({ cursor: store.cursor })
  expect([...statuses]).toEqual([1, 2, 3, 4].map((id) => [id, 200]))
  await expect.poll(() => place.handler.streams).toBe(0)
  const unknown = dial(`${place.url}/holdfast`, { transports: ['polling'], forceNew: true, reconnection: false })
  expect((await once(unknown as never, 'connect_error'))[0]).toMatchObject({ type: 'TransportError', description: 403 })
})

/** A text as a frame of a WebSocket, as servers send it, or, masked by zeros, as clients do. A byte is a character. */
function frame(text: string, isMasked = false): string {
  const { length } = text
  const size = length < 126 ? [length] : [126, length >> 8, length & 255]
  const [first = 0, ...more] = size
  return String.fromCharCode(0x81, isMasked ? first | 0x80 : first, ...more, ...(isMasked ? [0, 0, 0, 0] : [])) + text
}

/** What a connection brings, as it comes, a byte a character. */
class RawStream {
  /** Since it was last taken. */
  #heard = ''
  readonly #socket: ReturnType<typeof connect>

  constructor({ port, token }: Everywhere, path: string, ...headers: readonly string[]) {
    this.#socket = connect(port, '127.0.0.1')
    onTestFinished(() => void this.#socket.destroy())
    this.#socket.setEncoding('latin1').on('data', (text: string) => (this.#heard += text))
    const head = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, `Authorization: Bearer ${token}`, ...headers]
    this.#socket.write(`${head.join('\r\n')}\r\n\r\n`)
  }

  /** Everything that came, once that ends so. */
  async take(end: string): Promise<string> {
    while (!this.#heard.endsWith(end)) await once(this.#socket, 'data')
    const heard = this.#heard
    this.#heard = ''
    return heard
  }

  say(text: string): void {
    this.#socket.write(frame(text, true), 'latin1')
  }
}

const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']

test('[X56] a changed row travels alone, as its JSON and at most 80 bytes, or what Socket.IO adds to them', async () => {
  const store = await openState(everything)
  const row = { id: '192.168.178.254', owner: 'ann', text: 'up, and seen a while ago by the first of two scans, with four open ports' }
  await store.commit((tx) => Array.from({ length: 20 }, (_, n) => tx.notes.put({ ...row, id: `${n}` })))
  const place = await Everywhere.serve(store)
  const feed = `feed?after=${store.cursor}`
  const sse = new RawStream(place, `/state/${feed}`)
  await sse.take('\n\n')
  const socket = new RawStream(place, `/state/${feed}`, ...upgrade)
  await socket.take('\n\n')
  const io = new RawStream(place, '/socket.io/?EIO=4&transport=websocket', ...upgrade)
  await io.take('}')
  io.say('40/holdfast,')
  await io.take('"}')
  io.say(`42/holdfast,["holdfast",1,"${feed}"]`)
  await io.take(String.raw`\n\n"]`)

  /** Bytes that came of the newest commit besides its row, by SSE, WebSocket and Socket.IO; all of them are looked at. */
  const besides = async (changed: typeof row, named = ''): Promise<readonly number[]> => {
    const heard = [await sse.take('\n\n'), await socket.take('\n\n'), await io.take(String.raw`\n\n"]`)]
    const { at } = store.notes.entry(changed.id)!
    const message = `id: ${store.cursor}\ndata: [${at},["notes","${changed.id}",${JSON.stringify(changed)}]${named}]\n\n`
    expect(heard).toEqual([message, frame(message), frame(`42/holdfast,${JSON.stringify(['holdfast', 0, message])}`)])
    return heard.map(({ length }) => length - JSON.stringify(changed).length)
  }

  await store.commit((tx) => tx.notes.put(row))
  expect(await besides(row)).toEqual([76, 80, 128])
  const body = JSON.stringify({ id: 'by hand', input: { id: row.id } })
  const headers = { authorization: `Bearer ${place.token}`, 'content-type': 'application/json' }
  await fetch(`${place.url}/state/call/write`, { method: 'POST', headers, body })
  expect(await besides({ ...row, owner: 'owner', text: 'called' }, ',{"actor":"client","label":"write"}')).toEqual([111, 115, 171])
})

/** In a page: what its own class gives of the feed, message by message, until a commit tells of that class. */
const inPage = {
  EventSource: `new Promise((resolve) => {
    const source = new EventSource('/state/feed?kinds=notes')
    const seen = []
    const see = (event) => {
      seen.push([event.type, event.lastEventId, event.data])
      if (event.type === 'bookmark') globalThis.isLive = true
      if (event.type !== 'message' || !event.data.includes('by EventSource')) return
      source.close()
      resolve(seen)
    }
    for (const name of ['snapshot', 'bookmark', 'message']) source.addEventListener(name, see)
  })`,
  WebSocket: `new Promise((resolve) => {
    const socket = new WebSocket('/state/feed?kinds=notes', ['holdfast.1'])
    const seen = []
    let id = ''
    socket.onmessage = ({ data }) => {
      for (const message of data.split('\\n\\n').slice(0, -1)) {
        const fields = Object.groupBy(message.split('\\n'), (line) => line.slice(0, line.indexOf(': ')))
        const valueOf = (name) => fields[name]?.map((line) => line.slice(name.length + 2)).join('\\n')
        const type = valueOf('event') ?? 'message'
        seen.push([type, (id = valueOf('id') ?? id), valueOf('data')])
        if (type === 'bookmark') globalThis.isLive = true
        if (type !== 'message' || !message.includes('by WebSocket')) continue
        socket.close()
        resolve(seen)
      }
    }
  })`,
} as const

/** In a page without a cookie: the states that its own classes end in. */
const refusedInPage = `Promise.all([new EventSource('/state/feed'), new WebSocket('/state/feed', ['holdfast.1'])].map(
  (asked) => new Promise((resolve) => (asked.onerror = () => resolve(asked.constructor.name + ' ' + asked.readyState))),
))`

test.runIf(chromiumPath !== undefined)(
  "[P8] [H2] a real browser's own EventSource and WebSocket are brought the same, by its cookie (needs Chromium)",
  { timeout: 60_000 },
  async () => {
    const store = await openState(everything)
    await store.commit((tx) => tx.notes.put(note))
    const place = await Everywhere.serve(store)
    const browser = await TestBrowser.start()
    const signIn = `${place.url}${place.handler.signInPath()}`
    const page = await browser.open(signIn.replace(/#.*/, ''))
    expect(await page.evaluate(refusedInPage)).toEqual(['EventSource 2', 'WebSocket 3'])
    const said: unknown[] = ['401', 'HTTP Authentication failed'].map((text) => expect.stringContaining(text))
    await expect.poll(() => browser.complaints.toSorted()).toEqual(said)
    browser.complaints.length = 0
    await page.goto('about:blank')
    await page.goto(signIn)
    await page.waitForURL((url) => url.pathname === '/')
    const seen: [string, string, string][][] = []
    for (const name of ['EventSource', 'WebSocket'] as const) {
      await page.goto(`${place.url}/healthz`)
      const followed = page.evaluate<[string, string, string][]>(inPage[name])
      await expect.poll(() => page.evaluate('globalThis.isLive'), { message: name, timeout: 20_000 }).toBe(true)
      await store.commit((tx) => tx.notes.put({ ...note, text: `by ${name}` }))
      seen.push(await followed)
    }
    for (const [at, name] of (['EventSource', 'WebSocket'] as const).entries()) {
      const value = { ...note, text: `by ${name}` }
      const [type, id, data] = seen[at]?.at(-1) ?? []
      expect([type, id?.split('.')[1], JSON.parse(data ?? '')]).toEqual([
        'message',
        `${at + 2}`,
        [expect.any(Number), ['notes', 'a', value]],
      ])
    }
    for (const messages of seen) {
      const lines = messages.filter(([type]) => type === 'snapshot').map(([, , data]) => data)
      expect(readSnapshot(`${lines.join('\n')}\n`).items).toHaveLength(1)
    }
    expect(browser.complaints.filter((text) => !text.includes('404'))).toEqual([])
  },
)

/** What an EventSource has been given so far: names of events, where it is after each, and data. */
type Given = [string, string, string][]

const followInPage = `{
  globalThis.given = []
  const source = new EventSource('/state/feed')
  for (const name of ['snapshot', 'bookmark', 'reset', 'end', 'message'])
    source.addEventListener(name, (event) => given.push([event.type, event.lastEventId, event.data]))
}`

function followByPackage({ url, token }: Everywhere): () => Promise<Given> {
  const given: Given = []
  const source = new EventSource(`${url}/state/feed`, {
    fetch: (address, init) => fetch(address, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
  })
  onTestFinished(() => source.close())
  for (const name of ['snapshot', 'bookmark', 'reset', 'end', 'message'])
    source.addEventListener(name, ({ type, lastEventId, data }) => given.push([type, lastEventId, data as string]))
  return () => Promise.resolve(given)
}

async function followByBrowser({ url, handler }: Everywhere): Promise<() => Promise<Given>> {
  const browser = await TestBrowser.start()
  const page = await browser.open(`${url}${handler.signInPath()}`)
  await page.waitForURL(({ pathname }) => pathname === '/')
  await page.goto(`${url}/healthz`)
  await page.evaluate(followInPage)
  return () => page.evaluate<Given>('given')
}

test(
  "[F1] [P8] an EventSource that is cut off comes back by itself to where it was: the package eventsource, and a browser's own where there is Chromium",
  { timeout: 60_000 },
  async () => {
    const store = await openState(everything)
    await store.commit((tx) => tx.notes.put(note))
    const place = await Everywhere.serve(store)
    const clients = [followByPackage(place), ...(chromiumPath === undefined ? [] : [await followByBrowser(place)])]
    const untilAll = (isEnough: (given: Given) => boolean): Promise<void> =>
      expect.poll(async () => (await Promise.all(clients.map((given) => given()))).every(isEnough), { timeout: 20_000 }).toBe(true)
    await untilAll((given) => given.some(([type]) => type === 'bookmark'))
    const before = await Promise.all(clients.map(async (given) => (await given()).length))
    place.cut()
    await store.commit((tx) => tx.notes.put({ ...note, text: 'meanwhile' }))
    const { cursor } = store
    // It is told where it is when it has all of it.
    await untilAll((given) => given.at(-1)?.join().startsWith(`bookmark,${cursor}`) === true)
    for (const [at, given] of clients.entries()) {
      const after = (await given()).slice(before[at]).filter(([type]) => type !== 'bookmark')
      expect(after.map(([type, id, data]) => [type, id, JSON.parse(data)])).toEqual([
        ['message', cursor, [expect.any(Number), ['notes', 'a', { ...note, text: 'meanwhile' }]]],
      ])
    }
  },
)
