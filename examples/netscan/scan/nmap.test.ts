import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { formatPorts, hasNmap, nmapScan } from './nmap.ts'
import { parsePorts } from './ports.ts'
import type { HostStep, ScanPlan } from './scanner.ts'

const run = { spawn, signal: new AbortController().signal }
const isHere = await hasNmap()
if (!isHere) console.warn('nmap is not installed: the tests that run it are skipped')

async function hostSteps(plan: Omit<ScanPlan, 'versions'>): Promise<HostStep[]> {
  const steps = []
  for await (const step of nmapScan({ ...plan, versions: false }, run)) if (step.type === 'host') steps.push(step)
  return steps
}

test('ports are written as nmap reads them', () => {
  expect(formatPorts([80, 443, 22, 23, 24, 8000])).toBe('80,443,22-24,8000')
  expect(parsePorts(formatPorts([80, 443, 22, 23, 24, 8000]))).toEqual([80, 443, 22, 23, 24, 8000])
})

test.runIf(isHere)('nmap finds a listening port, and hosts that lag behind catch up first', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).end())
  onTestFinished(() => server[Symbol.asyncDispose]())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const ports = [...parsePorts('1-4096'), port]
  const pending = [
    { address: '127.0.0.1', settled: 0 },
    { address: '127.0.0.2', settled: 4_096 },
  ]
  const steps = await hostSteps({ ports, pending })
  const progress = steps.map((step) => [step.address, step.settled])
  expect(progress[0]).toEqual(['127.0.0.1', 4_096])
  expect(new Map(progress.slice(1).map(([address, settled]) => [address, settled]))).toEqual(
    new Map([
      ['127.0.0.1', 4_097],
      ['127.0.0.2', 4_097],
    ]),
  )
  expect(steps.filter((step) => step.open.some((one) => one.port === port)).map((step) => step.address)).toEqual(['127.0.0.1'])
})

test.runIf(isHere)('what nmap complains about is the error', async () => {
  const plan = { ports: [70_000], pending: [{ address: '127.0.0.1', settled: 0 }] }
  await expect(hostSteps(plan)).rejects.toThrow('nmap ended with exit code 1: Ports specified must be between 0 and 65535 inclusive')
})
