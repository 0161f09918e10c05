import { readdirSync, rmSync, statSync } from 'node:fs'
import * as path from 'node:path'

/** Backups of one sort that are kept. */
const keptBackups = 5

/** Ends the name of a backup that is not proven whole yet. */
export const partialSuffix = '.partial'

/** Such a backup, and SQLite's journal beside it. */
const partialFile = /\.partial(-journal)?$/

/** Deletes what a process left that was killed while it made a backup. Call only under the store's write lock: one is made at a time. */
export function removePartialBackups(directory: string): void {
  for (const name of readdirSync(directory)) if (partialFile.test(name)) rmSync(path.join(directory, name))
}

/** Deletes the oldest files of a directory whose names begin with `prefix`, but for the newest five. */
export function removeOldBackups(directory: string, prefix: string): void {
  const backups = readdirSync(directory)
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ file: path.join(directory, name), at: statSync(path.join(directory, name)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at)
  for (const { file } of backups.slice(keptBackups)) rmSync(file)
}
