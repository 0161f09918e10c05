import { once } from 'node:events'
import { type Server, type Socket, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { connectScan } from './connect-scan.ts'
import { probe } from './probe.ts'
import type { ScanPlan, ScanStep } from './scanner.ts'

const never = new AbortController().signal

/** A server on a free loopback port that accepts connections until the test ends. */
async function listen(host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => sockets.add(socket.on('error', () => undefined)))
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await promiseClose(server)
  })
  return (server.address() as { port: number }).port
}

function promiseClose(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** A port on which nobody listens: one the system had free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await promiseClose(server)
  return port
}

function plan(ports: readonly number[], ...pending: ScanPlan['pending']): ScanPlan {
  return { ports: [...ports], pending, versions: false }
}

async function collect(steps: AsyncIterable<ScanStep>): Promise<Extract<ScanStep, { type: 'host' }>[]> {
  const collected = []
  for await (const step of steps) if (step.type === 'host') collected.push(step)
  return collected
}

test('a listening port is open, another is closed', async () => {
  const [open, closed] = [await listen(), await freePort()]
  const steps = await collect(connectScan(plan([closed, open], { address: '127.0.0.1', settled: 0 }), never))
  expect(steps).toEqual([
    { type: 'host', address: '127.0.0.1', status: 'up', reason: 'answered', settled: 2, open: [{ port: open, service: '', product: '' }] },
  ])
})

test('a scan goes on after the ports that are settled and probes none of them again', async () => {
  const [first, second] = [await listen(), await listen()]
  const steps = await collect(connectScan(plan([first, second], { address: '127.0.0.1', settled: 1 }), never))
  expect(steps.map((step) => [step.settled, step.open.map((one) => one.port)])).toEqual([[2, [second]]])
})

test('many ports come in steps, in order, each settled once', async () => {
  const open = await listen()
  const ports = [...Array.from({ length: 999 }, (_, index) => index + 20_000), open]
  const steps = await collect(connectScan(plan(ports, { address: '127.0.0.1', settled: 0 }), never))
  expect(steps.map((step) => step.settled)).toEqual([256, 512, 768, 1_000])
  expect(steps.at(-1)?.open.map((one) => one.port)).toEqual([open])
})

test('more hosts than are looked at side by side are all looked at', async () => {
  const pending = Array.from({ length: 30 }, (_, index) => ({ address: `127.0.1.${index + 1}`, settled: 0 }))
  const steps = await collect(connectScan(plan([await freePort()], ...pending), never))
  expect(steps.map((step) => step.address).toSorted()).toEqual(pending.map((host) => host.address).toSorted())
})

test('a scan that is aborted ends with the reason', async () => {
  const abort = new AbortController()
  const steps = connectScan(
    plan(
      Array.from({ length: 5_000 }, (_, index) => index + 1),
      { address: '127.0.0.1', settled: 0 },
    ),
    abort.signal,
  )
  await steps.next()
  abort.abort(new Error('enough'))
  await expect(collect(steps)).rejects.toThrow('enough')
})

test('leaving the loop ends all probes', async () => {
  const ports = Array.from({ length: 5_000 }, (_, index) => index + 1)
  for await (const _ of connectScan(plan(ports, { address: '127.0.0.1', settled: 0 }), never)) break
  expect(process.getActiveResourcesInfo()).not.toContain('TCPConnectWrap')
})

test.runIf(process.platform === 'linux')('a probe that the system connects to itself finds nobody', async () => {
  const port = await freePort()
  expect(await probe('127.0.0.1', port, { timeoutMs: 1_000, signal: never, localPort: port })).toBe('closed')
})

test('trouble of this machine is no finding', async () => {
  const taken = await listen()
  const stuck = probe('127.0.0.1', await freePort(), { timeoutMs: 1_000, signal: never, localPort: taken })
  await expect(stuck).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
