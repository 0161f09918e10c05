import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { Scan } from '../state.ts'
import { isAtWork, thisWorker } from './worker.ts'

const scan: Scan = {
  id: 'a',
  target: 't',
  hostNames: [],
  scanner: 'connect',
  state: 'running',
  run: 1,
  startedAt: 0,
  ports: '1',
  versions: false,
  pending: [],
  probes: { done: 0, total: 1 },
}

/** A process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(child, 'close')
  return child.pid ?? 0
}

test('a process of this machine is at work as long as it is there', async () => {
  expect(isAtWork({ ...scan, worker: thisWorker() }, 1_000)).toBe(true)
  expect(isAtWork({ ...scan, worker: { ...thisWorker(), pid: await endedPid() } }, 1_000)).toBe(false)
})

test('of one that cannot be asked for, and of one whose number another may have by now, silence tells', async () => {
  const elsewhere = { ...scan, worker: { hostname: 'elsewhere.invalid', pid: await endedPid() } }
  for (const one of [scan, elsewhere, { ...scan, worker: thisWorker() }]) {
    expect([isAtWork(one, 30_000), isAtWork(one, 61_000)]).toEqual([true, false])
  }
})
