/** Deletes what dead instances left. Any number of processes may do so at once. */
import { lstatSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Driver } from '../sqlite/driver.ts'
import { probeLife } from '../sqlite/life-lock.ts'
import { deleteFiles, listInstances, lockFile } from './files.ts'

/** A lock without an info may be of a program that is just registering, which is a matter of moments. */
const startingMs = 10_000

/** @returns how many instances were proven dead and deleted here */
export async function sweepDirectory(driver: Driver, directory: string): Promise<number> {
  let swept = 0
  for (const [id, names] of await listInstances(directory)) {
    if (sweepInstance(driver, directory, { id, names })) swept += 1
    // One lock is tried a turn.
    await nextTurn()
  }
  return swept
}

function sweepInstance(
  driver: Driver,
  directory: string,
  { id, names }: { readonly id: string; readonly names: readonly string[] },
): boolean {
  const lock = lockFile(directory, id)
  const hasInfo = names.includes(`${id}.json`)
  // By no more than this does time decide, and nothing is lost by it: who is registering looks whether its lock is still there.
  if (!hasInfo && isRecent(lock)) return false
  let isSwept = false
  const remove = (): void => {
    deleteFiles(directory, names)
    isSwept = hasInfo
  }
  if (probeLife(driver, lock, remove) === 'absent') remove()
  return isSwept
}

function isRecent(file: string): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false })
  return stats !== undefined && Math.abs(Date.now() - stats.mtimeMs) < startingMs
}
