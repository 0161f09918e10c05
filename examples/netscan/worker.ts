/** Which process carries a job out, and whether it still does. */
import { hostname } from 'node:os'
import type { Worker } from './state.ts'

/** A job without news for this long has no process any more, or one that has gone to sleep: every scanner reports each few seconds. */
const lostMs = 60_000

export function thisWorker(): Worker {
  return { hostname: hostname(), pid: process.pid }
}

/**
 * Whether somebody is at work on a job that is said to be running. A process that was killed could not say that it stopped; the next one that
 * may write does, but until then there are only readers.
 *
 * @param quietMs since its last news
 */
export function isAtWork(worker: Worker | undefined, quietMs: number): boolean {
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
