import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { commitEvent, cursor, setTitle } from '../../../test/support/scripted-wire.ts'
import { eventText } from '../../protocol/sse.ts'
import { createSocketWire, type SocketClass, type SocketWireOptions } from './socket-wire.ts'

interface Told {
  readonly lines: string[]
  readonly ended: Promise<unknown>
  readonly controller: AbortController
}

/** Asks a server that says what the test wants over each WebSocket, and tells what has become of it. */
async function loopback(
  serve: (send: (text: string) => void, end: () => void) => void,
  options: Pick<SocketWireOptions, 'WebSocket'> = {},
): Promise<{
  readonly offered: string[]
  readonly closed: Promise<void>
  ask(onLine?: (line: string) => void): Told
}> {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'holdfast.1' })
  const offered: string[] = []
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  sockets.on('connection', (socket, request) => {
    offered.push(`${request.url} ${request.headers['sec-websocket-protocol']}`)
    socket.on('close', () => resolve())
    serve(
      (text) => socket.send(text),
      () => socket.close(),
    )
  })
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate()
    http.closeAllConnections()
    http.close()
  })
  const wire = createSocketWire({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/http`, token: 'abc_-1', ...options })
  const ask = (onLine?: (line: string) => void): Told => {
    const lines: string[] = []
    const controller = new AbortController()
    const told = { signal: controller.signal, onActivity: () => undefined, onLine: onLine ?? ((line: string) => void lines.push(line)) }
    const ended = wire('feed?after=a', told).catch((error: unknown) => error)
    return { lines, controller, ended }
  }
  return { offered, closed, ask }
}

const six = commitEvent(6, [setTitle('six')])
const text = eventText(undefined, six.id, six.data)

test('the feed over a WebSocket has the lines of the stream, and its end is a lost connection', async () => {
  const server = await loopback((send, end) => {
    send(text + eventText('bookmark', cursor(6), '0'))
    end()
  })
  const { lines, ended } = server.ask()
  expect(await ended).toMatchObject({ code: 'UNREACHABLE' })
  expect(lines.join('\n').trimEnd()).toBe((text + eventText('bookmark', cursor(6), '0')).trimEnd())
  expect(server.offered).toEqual(['/http/feed?after=a holdfast.1, bearer.abc_-1'])
})

test('what is told throws: nothing more is told, and the socket is closed', async () => {
  const server = await loopback((send) => {
    send(text)
    send(text)
  })
  let told = 0
  const { ended, controller } = server.ask(() => {
    told += 1
    throw new Error('mine')
  })
  expect(await ended).toMatchObject({ message: 'mine' })
  controller.abort()
  await server.closed
  expect(told).toBe(1)
})

test('one that is given up is closed, also before it has begun', async () => {
  const server = await loopback(() => controller.abort(new Error('enough')))
  const { ended, controller } = server.ask()
  expect(await ended).toMatchObject({ message: 'enough' })
  await server.closed
})

test('one that is given up tells nothing of what comes all the same, whatever the class', async () => {
  for (const options of [{}, { WebSocket: WebSocket as unknown as SocketClass }]) {
    const server = await loopback((send) => {
      for (let count = 0; count < 100; count += 1) send(text)
    }, options)
    const lines: string[] = []
    const { ended, controller } = server.ask((line) => {
      lines.push(line)
      controller.abort(new Error('enough'))
    })
    expect(await ended).toMatchObject({ message: 'enough' })
    await server.closed
    expect(lines).toEqual(text.split('\n'))
  }
})

test('of an address without a scheme nothing is changed, whatever it names', async () => {
  const asked: string[] = []
  class Socket {
    onopen = null
    onmessage = null
    onerror = null
    onclose = null
    constructor(address: string) {
      asked.push(address)
    }
    close(): void {}
  }
  const wire = createSocketWire({ url: '/state', WebSocket: Socket })
  const controller = new AbortController()
  const ended = wire('feed?kinds=httpLogs', { signal: controller.signal, onActivity: () => undefined, onLine: () => undefined })
  controller.abort(new Error('enough'))
  await expect(ended).rejects.toThrow('enough')
  expect(asked).toEqual(['/state/feed?kinds=httpLogs'])
})
