/** Deletes what dead instances left. Any number of processes may do so at once. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Driver } from '../sqlite/driver.ts'
import { probeLife } from '../sqlite/life-lock.ts'
import { deleteFiles, listInstances, lockFile } from './files.ts'

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
  let isSwept = false
  const remove = (): void => {
    deleteFiles(directory, names)
    isSwept = hasInfo
  }
  if (probeLife(driver, lock, remove) === 'absent') remove()
  return isSwept
}
