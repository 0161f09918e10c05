/** Which process carries a scan out, and whether it still does. */
import { hostname } from 'node:os'
import type { Scan } from '../state.ts'

type Worker = NonNullable<Scan['worker']>

/** A scan without a step for this long has no process any more, or one that has gone to sleep: every scanner reports each few seconds. */
const lostMs = 60_000

export function thisWorker(): Worker {
  return { hostname: hostname(), pid: process.pid }
}

/**
 * Whether somebody is at work on a scan that is said to be running; a process that was killed could not say that it stopped.
 *
 * @param quietMs since its last step
 */
export function isAtWork({ worker }: Scan, quietMs: number): boolean {
  if (quietMs > lostMs) return false
  return worker === undefined || worker.hostname !== hostname() || isAlive(worker.pid)
}

/** One of another user's cannot be signalled, and is alive. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
