import { readdirSync, rmSync, statSync } from 'node:fs'
import * as path from 'node:path'

/** Backups of one sort that are kept. */
const keptBackups = 5

/** Deletes the oldest files of a directory whose names begin with `prefix`, but for the newest five. */
export function removeOldBackups(directory: string, prefix: string): void {
  const backups = readdirSync(directory)
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ file: path.join(directory, name), at: statSync(path.join(directory, name)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at)
  for (const { file } of backups.slice(keptBackups)) rmSync(file)
}
