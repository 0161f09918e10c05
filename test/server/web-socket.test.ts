import { connect as connectSocket } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket as ProgramSocket, WebSocketServer } from 'ws'
import { host } from '../support/sample-state.ts'
import { upgradeHeaders } from '../support/upgrade-headers.ts'
import { readUntil, type Served, serveSample } from './served.ts'

interface Line {
  readonly socket: ProgramSocket
  /** Everything received so far, and each message by itself. */
  readonly messages: string[]
  /** Resolves with everything received once a condition holds for it. */
  until(isEnough: (text: string) => boolean): Promise<string>
}

/** Follows by a WebSocket of a client that nobody here wrote. */
function follow({ server, token }: Served, address: string, protocols: readonly string[] = ['holdfast.1', `bearer.${token}`]): Line {
  const socket = new ProgramSocket(`${server.url.replace('http', 'ws')}/state/${address}`, [...protocols])
  onTestFinished(() => socket.terminate())
  const messages: string[] = []
  let tell = (): void => undefined
  socket.on('message', (data: Buffer) => {
    messages.push(data.toString())
    tell()
  })
  const until = async (isEnough: (text: string) => boolean): Promise<string> => {
    while (!isEnough(messages.join(''))) await new Promise<void>((resolve) => (tell = resolve))
    return messages.join('')
  }
  return { socket, messages, until }
}

/** Sends a head as it is and answers with all that comes back. */
async function sendHead({ server }: Served, head: readonly string[]): Promise<string> {
  const socket = connectSocket(server.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  let answer = ''
  socket.on('data', (bytes) => (answer += bytes.toString()))
  await once(socket, 'close')
  return answer
}

test('[H2] a WebSocket carries the bytes of server-sent events, whole messages at a time', async () => {
  const served = await serveSample({ WebSocketServer })
  const { store, ask } = served
  await store.commit((tx) => ['a', 'b', 'ü'].forEach((key) => tx.hosts.put(host(key))))
  const { cursor } = store
  const line = follow(served, 'feed')
  await line.until((text) => text.includes('event: bookmark'))
  await store.commit((tx) => tx.hosts.put(host('d')), { label: 'found' })
  const isWhole = (text: string): boolean => text.includes('"found"')
  const overSocket = await line.until(isWhole)
  const overEvents = await readUntil(await ask('feed'), (text) => text.includes('event: bookmark'))
  const snapshotOf = (text: string): string => text.slice(0, text.indexOf('event: bookmark'))
  expect(snapshotOf(overSocket).replace(cursor, '').replaceAll(cursor, '')).toContain('event: snapshot')
  expect(line.messages.every((message) => message.endsWith('\n\n'))).toBe(true)
  const resumed = await readUntil(await ask(`feed?after=${cursor}`), isWhole)
  const commitOf = (text: string): string | undefined => /id: \S+\ndata: \[\d+,\["hosts","d".*\n/.exec(text)?.[0]
  expect(commitOf(overSocket)).toBe(commitOf(resumed))
  expect(overEvents).toContain('event: snapshot')
  expect(line.socket.protocol).toBe('holdfast.1')
})

test('[F3] a commit of many megabytes is one message, in pieces that leave room for others', async () => {
  const served = await serveSample({ WebSocketServer })
  const { store } = served
  const { cursor } = store
  const long = 'ü'.repeat(1_500_000)
  await store.commit((tx) => tx.title.set(long))
  const line = follow(served, `feed?after=${cursor}`)
  const text = await line.until((sofar) => sofar.includes('event: bookmark'))
  expect(text).toContain(long)
  expect(line.messages.filter((message) => message.includes(long))).toHaveLength(1)
})

test('[Z6] an upgrade passes the same gate as every request', async () => {
  const served = await serveSample({ WebSocketServer })
  const { port } = served.server
  const get = 'GET /state/feed HTTP/1.1'
  const known = `Authorization: Bearer ${served.token}`
  const own = `Host: 127.0.0.1:${port}`
  const wrong = 'A'.repeat(43)
  for (const [status, ...head] of [
    [401, get, own],
    [401, get, own, `Origin: http://127.0.0.1:${port}`],
    [401, get, own, `Authorization: Bearer ${wrong}`],
    [401, get, own, `Sec-WebSocket-Protocol: holdfast.1, bearer.${wrong}`],
    [401, get, own, `Sec-WebSocket-Protocol: bearer.${served.token}, bearer.${wrong}`],
    [401, get, own, known, `Sec-WebSocket-Protocol: bearer.${wrong}`],
    [421, get, 'Host: evil.example', known],
    [421, get, known],
    [403, get, own, known, 'Origin: http://evil.example'],
    [403, get, own, known, 'Origin: null'],
    [403, get, own, known, `Origin: http://localhost:${port + 1}`],
    [400, `GET /state/feed?token=${served.token} HTTP/1.1`, own, known],
    [400, 'GET /state/feed?after=nonsense HTTP/1.1', own, known],
    [404, 'GET /state/nothing HTTP/1.1', own, known],
  ] as const) {
    const answer = await sendHead(served, [...head, ...upgradeHeaders])
    expect([head, answer.split('\r\n')[0]]).toEqual([head, expect.stringMatching(`^HTTP/1.1 ${status} `)])
    if (status === 401) expect(answer.split('\r\n\r\n')[1]).toBe('')
  }
  expect(served.server.handler.streams).toBe(0)
})

test('[Z6] what is no stream is answered over HTTP, and other protocols are refused', async () => {
  const served = await serveSample({ WebSocketServer })
  const own = [`Host: 127.0.0.1:${served.server.port}`, `Authorization: Bearer ${served.token}`]
  expect(await sendHead(served, ['GET /state/snapshot HTTP/1.1', ...own, ...upgradeHeaders])).toMatch(/^HTTP\/1.1 200 [^]*\{"end":0\}\n$/)
  const h2c = ['Connection: Upgrade', 'Upgrade: h2c']
  expect(await sendHead(served, ['GET /state/feed HTTP/1.1', ...own, ...h2c])).toMatch(/^HTTP\/1.1 501 [^]*UPGRADE_UNSUPPORTED/)
  const noKey = upgradeHeaders.filter((line) => !line.startsWith('Sec-WebSocket-Key'))
  expect(await sendHead(served, ['GET /state/feed HTTP/1.1', ...own, ...noKey])).toMatch(/^HTTP\/1.1 400 /)
  expect(served.server.handler.streams).toBe(0)
})

test('[H2] a server without WebSockets answers an upgrade as what it asks besides', async () => {
  const { ask } = await serveSample()
  const response = await ask('snapshot', { headers: { connection: 'upgrade' } })
  expect(response.status).toBe(200)
  await response.body?.cancel()
})

test('[Z22] a client that speaks, breaks the protocol or leaves harms nobody', async () => {
  const served = await serveSample({ WebSocketServer })
  const { store, server } = served
  const quiet = follow(served, `feed?after=${store.cursor}&kinds=hosts`)
  const loud = follow(served, `feed?after=${store.cursor}&kinds=hosts`)
  await once(loud.socket, 'open')
  loud.socket.send('hello')
  expect((await once(loud.socket, 'close'))[0]).toBe(1008)
  const long = follow(served, `feed?after=${store.cursor}&kinds=hosts`)
  await once(long.socket, 'open')
  long.socket.send('x'.repeat(100_000))
  expect((await once(long.socket, 'close'))[0]).toBe(1009)
  const raw = connectSocket(server.port, '127.0.0.1')
  raw.write(
    ['GET /state/feed HTTP/1.1', `Host: 127.0.0.1:${server.port}`, `Authorization: Bearer ${served.token}`, ...upgradeHeaders, '', ''].join(
      '\r\n',
    ),
  )
  await once(raw, 'data')
  raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
  await once(raw, 'close')
  await store.commit((tx) => tx.hosts.put(host('a')))
  expect(await quiet.until((text) => text.includes('"hosts","a"'))).toContain('"hosts","a"')
  expect(server.handler.streams).toBe(1)
})

test('[X52] closing ends WebSockets in order', async () => {
  const served = await serveSample({ WebSocketServer })
  const line = follow(served, 'feed')
  await line.until((text) => text.includes('event: bookmark'))
  const closed = once(line.socket, 'close')
  await served.server.close()
  expect((await closed)[0]).toBe(1000)
  await expect.poll(() => served.server.handler.streams).toBe(0)
})
