import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { commitEvent, putHost, setTitle, snapshotText } from '../../test/support/scripted-wire.ts'
import type { sample } from '../../test/support/sample.ts'
import { isHoldfastError } from '../base/error.ts'
import { eventText } from '../protocol/sse.ts'
import { connect } from './connect.ts'

test.each([
  [undefined, 'Expected "options" to be an object, got undefined'],
  [{}, 'Expected "url" to be absolute, got undefined'],
  [{ url: '/state' }, 'Expected "url" to be absolute, got "/state"'],
  [{ url: '/state', tocken: 'secret' }, 'got "tocken"'],
  [{ url: '' }, '"url"'],
  [{ url: 'http://a/state', tokne: 'x' }, 'Expected "options" to be one of url, kinds, state, token'],
  [{ url: 'http://a/state', transport: 'webtransport' }, 'Expected "transport" to be auto or websocket or sse or long-poll or poll, got'],
  [{ url: 'http://a/state', transport: ['sse', 'auto-poll'] }, '"transport"'],
  [{ url: 'http://a/state', transport: [] }, '"transport"'],
  [{ url: '/state', through: true }, 'Expected "through" to be a function, got true'],
  [{ url: 'http://a/state', kinds: { lines: { last: 'all' } } }, 'Expected "kinds.lines" to be a boolean or { last }, got object'],
  [{ url: 'http://a/state', kinds: ['title'] }, '"kinds.0"'],
  [{ url: '/state', token: 5 }, '"token"'],
])('misuse of the options is a TypeError: %j', (options, message) => {
  const error = catchError(() => connect(options as never))
  expect(error).toBeInstanceOf(TypeError)
  expect((error as Error).message).toContain(message)
  // It may have been meant as the token.
  expect(JSON.stringify([(error as Error).message, error])).not.toContain('secret')
  expect(isHoldfastError(error, 'OPTION_INVALID')).toBe(true)
})

test('[X8] a page that connects sees what was there before, and then everything as it happens', async () => {
  const { promise: streaming, resolve: stream } = Promise.withResolvers<(text: string) => void>()
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://a')
    if (pathname === '/state/snapshot') {
      response.end(snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'five']] } }))
    } else if (pathname === '/state/feed') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      stream((text) => response.write(text))
    } else {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  using replica = connect<typeof sample>({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/state/` })
  await replica.ready
  expect(replica.title.get()).toBe('five')
  const told = new Promise((resolve) => replica.subscribe(resolve))
  const { id, data } = commitEvent(6, [setTitle('six'), putHost('a', 'up')])
  ;(await streaming)(eventText(undefined, id, data))
  expect(await told).toMatchObject({ revision: 6 })
  expect([replica.title.get(), replica.hosts.find({ index: 'byStatus', equals: ['up'] }).items.length]).toEqual(['six', 1])
  expect(replica.status).toMatchObject({ state: 'live', transport: 'sse', lagMs: 0 })
})

test('[X10] an answer of something in between, which is none of Holdfast, is an error of the replica wherever it comes', async () => {
  const fetch = async (): Promise<Response> => new Response('<html>Sign in to the network</html>')
  using replica = connect<typeof sample>({ url: '/state', fetch, onError: () => expect.unreachable() })
  replica.ready.catch(() => undefined)
  for (const asked of [replica.call('rename', {}), replica.hosts.page(), replica.hosts.fetch('a')])
    await expect(asked).rejects.toMatchObject({ name: 'HoldfastError', code: 'ANSWER_INVALID' })
})

function catchError(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}
