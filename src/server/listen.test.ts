import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import * as net from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnFreePort } from './listen.ts'

/** Holds a port until the test is over. */
async function occupy(host: string, port = 0): Promise<number> {
  const server = net.createServer()
  server.listen(port, host)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as net.AddressInfo).port
}

async function bodyOf(url: string): Promise<string> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage]
  let text = ''
  for await (const piece of response) text += String(piece)
  return text
}

test('[G2] a free port is bound and held until it is closed', async () => {
  const taken = await occupy('127.0.0.1')
  const server = createServer((_request, response) => response.end('mine'))
  const held = await listenOnFreePort(server, { host: '127.0.0.1', from: taken, to: taken + 20 })
  onTestFinished(() => held.close())
  expect(held.port).toBeGreaterThan(taken)
  expect(await bodyOf(`http://127.0.0.1:${held.port}`)).toBe('mine')
  const other = createServer()
  await expect(listenOnFreePort(other, { host: '127.0.0.1', from: held.port, to: held.port })).rejects.toMatchObject({
    code: 'PORTS_TAKEN',
  })
  await held.close()
  const again = await listenOnFreePort(other, { host: '127.0.0.1', from: held.port, to: held.port })
  await again.close()
})

test('[G2] localhost finds the server, whichever address it means', async () => {
  const server = createServer((_request, response) => response.end('mine'))
  const held = await listenOnFreePort(server, { host: '127.0.0.1', from: 41_000, to: 41_999 })
  onTestFinished(() => held.close())
  expect(await bodyOf(`http://[::1]:${held.port}`)).toBe('mine')
})

test.each(['0.0.0.0', '::1', '127.0.0.1'])(
  '[X4] [G2] ports busy on %s are taken; the error names the range and the reason',
  async (host) => {
    const taken = await occupy(host)
    const given = { host: '127.0.0.1', from: taken, to: taken }
    await expect(listenOnFreePort(createServer(), given)).rejects.toMatchObject({
      code: 'PORTS_TAKEN',
      details: { ...given, reason: 'EADDRINUSE' },
      message: expect.stringContaining(`Port ${taken} of 127.0.0.1`) as string,
    })
  },
)

test('[X4] [G2] of two that listen at once each gets a port of its own', async () => {
  const servers = Array.from({ length: 8 }, () => createServer())
  const held = await Promise.all(servers.map((server) => listenOnFreePort(server, { host: '127.0.0.1', from: 42_000, to: 42_100 })))
  onTestFinished(async () => void (await Promise.all(held.map((port) => port.close()))))
  expect(new Set(held.map(({ port }) => port)).size).toBe(8)
})
