import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, request } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { connect } from '../../src/client.ts'
import { proven } from '../../src/client-token.ts'
import type { sample } from '../support/sample-state.ts'
import type { club } from './club.ts'
import { serveClub } from './served-club.ts'
import { serveSample } from './served.ts'

/** Another program that has taken a port: answers everything in the same way, and keeps every byte it is sent. */
async function squat(answer: (address: string) => string): Promise<{ readonly url: string; readonly received: () => string }> {
  let received = ''
  const server = createServer((asked, response) => response.end(answer(asked.url ?? '')))
  server.on('connection', (socket) => socket.on('data', (bytes: Buffer) => (received += bytes.toString('latin1'))))
  server.on('upgrade', (_request, socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/state`, received: () => received }
}

test('[Z9] a program sends its token to a server that proves that it knows it, by each transport', async () => {
  const { server, store, token } = await serveSample({ WebSocketServer })
  for (const transport of ['sse', 'websocket', 'long-poll', 'poll'] as const) {
    const replica = connect<typeof sample>({ url: `${server.url}/state`, through: proven(token), transport })
    onTestFinished(() => replica.close())
    await replica.ready
    await store.commit((tx) => tx.title.set(transport))
    await replica.settled(store.cursor)
    expect(replica.title.get()).toBe(transport)
    await expect.poll(() => replica.status.transport).toBe(transport)
  }
})

test('[Z9] the token of a session is proven, too, and the one before it', async () => {
  const { server, store } = await serveClub()
  const { token } = await store.members.create({ user: 'ada', data: { role: 'member' } })
  const next = await store.members.rotate(token)
  for (const known of [token, next?.token ?? '']) {
    const replica = connect<typeof club>({ url: `${server.url}/state`, through: proven(known) })
    onTestFinished(() => replica.close())
    await replica.ready
  }
})

test('[Z9] another program on the port gets nothing of the token, whatever it answers', async () => {
  const { server, token } = await serveSample()
  const replayed = (address: string): string => JSON.stringify({ proof: Buffer.from(address).toString('base64url').slice(0, 43) })
  for (const answer of [
    () => '',
    () => '{}',
    () => '{"proof":7}',
    () => '{"proof":"!"}',
    () => '{"proof":""}',
    replayed,
    () => 'x'.repeat(1e5),
  ]) {
    const { url, received } = await squat(answer)
    for (const transport of ['sse', 'websocket', 'poll'] as const) {
      const replica = connect<typeof sample>({ url, through: proven(token), transport })
      const offline = new Promise((resolve) => replica.onStatus((status) => status.error && resolve(status.error.code)))
      expect([transport, await offline]).toEqual([transport, 'SERVER_UNPROVEN'])
      replica.close()
    }
    expect(received()).toContain('/state/proof?key=')
    for (let at = 0; at + 12 <= token.length; at += 1) expect(received()).not.toContain(token.slice(at, at + 12))
  }
  // One that asks the real server, which is somewhere else, for a proof in its own name gets none.
  const { url } = await squat(() => '')
  const asking = request(`${server.url}/state/proof?key=${'A'.repeat(10)}&nonce=${'n'.repeat(22)}`, {
    headers: { host: new URL(url).host },
  })
  asking.end()
  const [refused] = (await once(asking, 'response')) as [IncomingMessage]
  refused.resume()
  expect(refused.statusCode).toBe(421)
})

test('[Z9] [X36] a program on the port that answers nothing is given up like a server that answers nothing', async () => {
  const { token } = await serveSample()
  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  onTestFinished(() => {
    silent.closeAllConnections()
    silent.close()
  })
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/state`
  const asked = once(silent, 'request') as Promise<[IncomingMessage]>
  const replica = connect<typeof sample>({ url, through: proven(token) })
  onTestFinished(() => replica.close())
  const giveUp = new AbortController()
  const called = replica.call('startScan', {}, { signal: giveUp.signal })
  giveUp.abort(new Error('enough'))
  await expect(called).rejects.toThrow('enough')
  const [{ socket }] = await asked
  const closed = once(socket, 'close')
  replica.close()
  await closed
})

test('[Z9] proofs tell nothing of which tokens there are', async () => {
  const { server, token } = await serveClub()
  const ask = async (query: string): Promise<readonly [number, string]> => {
    const response = await fetch(`${server.url}/state/proof?${query}`)
    return [response.status, await response.text()]
  }
  const nonce = 'n'.repeat(22)
  const known = createHash('sha256').update(token).digest('base64url').slice(0, 10)
  // A proof that differs each time would tell that there is no such token.
  for (const key of [known, 'A'.repeat(10)]) {
    const [first, again, other] = [
      await ask(`key=${key}&nonce=${nonce}`),
      await ask(`key=${key}&nonce=${nonce}`),
      await ask(`key=${key}&nonce=o${nonce}`),
    ]
    expect(first).toEqual([200, expect.stringMatching(/^\{"proof":"[\w-]{43}"\}$/)])
    expect(again).toEqual(first)
    expect(other[1]).not.toBe(first[1])
  }
  for (const query of [
    '',
    'key=A',
    `key=${'A'.repeat(10)}`,
    `key=${'%'.repeat(10)}&nonce=${nonce}`,
    `key=${'A'.repeat(10)}&nonce=short`,
    `key=${'A'.repeat(11)}&nonce=${nonce}`,
  ])
    expect([query, (await ask(query))[0]]).toEqual([query, 400])
})
