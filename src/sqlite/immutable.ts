import { accessSync, constants, statSync } from 'node:fs'
import type { StoreFiles } from './store-files.ts'

/**
 * Whether a store can only be read by promising SQLite that nothing changes it (rule M4): its directory cannot be written, so no
 * -shm can be made there, and no log has content, which such a reader would not see.
 */
export function mustReadImmutable({ directory, wal }: StoreFiles): boolean {
  return !isWritable(directory) && (statSync(wal, { throwIfNoEntry: false })?.size ?? 0) === 0
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}
