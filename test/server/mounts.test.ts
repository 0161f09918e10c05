import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { connect } from '../../src/client.ts'
import { createHandler, type HandlerOfStore } from '../../src/server.ts'
import { host, openSample, type sample, type Sample } from '../support/sample-state.ts'
import { addHost } from './served.ts'

const actions = { addHost }

/** A program's own server with the handler in it, as its framework has it done; and a route of its own at `/own`. */
type Mount = (handler: HandlerOfStore) => Server | Promise<Server>

const mounts: { readonly [framework: string]: Mount } = {
  'node:http': (handler) =>
    createServer((request, response) => {
      if (request.url === '/own') response.end('own')
      else void handler.node(request, response)
    }),
  Express: (handler) => {
    const app = express()
    app.use(express.json())
    app.get('/own', (_request, response) => void response.send('own'))
    app.use('/state', (request, response) => handler.node(request, response))
    return createServer(app)
  },
  Fastify: async (handler) => {
    const app = fastify()
    app.get('/own', () => 'own')
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      scope.all('/state/*', (request, reply) => {
        reply.hijack()
        return handler.node(request.raw, reply.raw)
      })
    })
    await app.ready()
    onTestFinished(() => app.close())
    return app.server
  },
  Hono: (handler) => {
    const app = new Hono()
    app.get('/own', (context) => context.text('own'))
    app.all('/state/*', (context) => handler.fetch(context.req.raw))
    const listener = getRequestListener(app.fetch)
    return createServer((request, response) => void listener(request, response))
  },
}

async function open(mount: Mount): Promise<{ store: Sample; handler: HandlerOfStore; server: Server; token: string; port: number }> {
  const store = await openSample()
  await store.commit((tx) => tx.hosts.put(host('a')))
  let port = 0
  const handler = createHandler(store, { actions, WebSocketServer, port: () => port })
  const server = await mount(handler)
  server.on('upgrade', (...upgrade) => void handler.upgrade(...upgrade))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    handler.close()
    server.closeAllConnections()
    server.close()
  })
  port = (server.address() as AddressInfo).port
  return { store, handler, server, token: readFileSync(join(store.directory, 'token'), 'utf8').trim(), port }
}

describe.each(Object.entries(mounts))('mounted in %s', (_framework, mount) => {
  test('[H2] a replica hydrates, follows by each transport, calls, and lets go', async () => {
    const { store, handler, token, port } = await open(mount)
    const url = `http://127.0.0.1:${port}`
    expect(await (await fetch(`${url}/own`)).text()).toBe('own')
    for (const transport of ['sse', 'long-poll', 'poll'] as const) {
      const replica = connect<typeof sample, typeof actions>({ url: `${url}/state`, token, transport })
      await replica.ready
      expect(replica.hosts.get('a')).toEqual(host('a'))
      const { cursor } = await store.commit((tx) => tx.title.set(transport)).then(() => store)
      await replica.settled(cursor)
      expect(replica.title.get()).toBe(transport)
      const before = store.hosts.count()
      expect(await replica.call('addHost', { address: `by ${transport}` })).toBe(before + 1)
      expect(replica.hosts.get(`by ${transport}`)).toEqual(host(`by ${transport}`))
      replica.close()
      await expect.poll(() => handler.streams).toBe(0)
    }
  })

  test('[Z1] [Z6] nobody without a token gets anything, by a request or by an upgrade', async () => {
    const { store, handler, token, port } = await open(mount)
    for (const address of ['snapshot', 'feed', 'changes?after=x', 'nothing', 'call/addHost']) {
      const response = await fetch(`http://127.0.0.1:${port}/state/${address}`, { method: address.startsWith('call') ? 'POST' : 'GET' })
      expect([address, response.status, await response.text()]).toEqual([address, 401, ''])
    }
    const address = `ws://127.0.0.1:${port}/state/feed?after=${store.cursor}`
    const refused = new WebSocket(address)
    expect(String(((await once(refused, 'error')) as [Error])[0])).toContain('401')
    const socket = new WebSocket(address, ['holdfast.1', `bearer.${token}`])
    await once(socket, 'message')
    const next = once(socket, 'message')
    await store.commit((tx) => tx.title.set('over a WebSocket'))
    expect(String((await next)[0])).toContain('"over a WebSocket"')
    socket.close()
    await expect.poll(() => handler.streams).toBe(0)
  })
})

test('[Z19] a body that a framework has parsed is refused where its text would be, however deep it nests', async () => {
  const { token, port } = await open(mounts['Express'] as Mount)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'holdfast-request': '1' }
  for (const depth of [300, 40_000]) {
    const body = `{"id":"a","input":${'['.repeat(depth)}${']'.repeat(depth)}}`
    const response = await fetch(`http://127.0.0.1:${port}/state/call/addHost`, { method: 'POST', headers, body })
    expect([response.status, await response.json()]).toMatchObject([422, { code: 'BODY_TOO_COMPLEX' }])
  }
})
