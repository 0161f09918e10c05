import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isAtWork, thisWorker } from './worker.ts'

/** A process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(child, 'close')
  return child.pid ?? 0
}

test('a process of this machine is at work as long as it is there', async () => {
  expect(isAtWork(thisWorker(), 1_000)).toBe(true)
  expect(isAtWork({ ...thisWorker(), pid: await endedPid() }, 1_000)).toBe(false)
})

test('of one that cannot be asked for, and of one whose number another may have by now, silence tells', async () => {
  const elsewhere = { hostname: 'elsewhere.invalid', pid: await endedPid() }
  for (const one of [undefined, elsewhere, thisWorker()]) {
    expect([isAtWork(one, 30_000), isAtWork(one, 61_000)]).toEqual([true, false])
  }
})
