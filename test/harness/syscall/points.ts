/** Where a session can be struck: at the n-th call of a kind, on the store's own files. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Strike {
  /** System calls, as strace names them: those that do the same on different machines. */
  readonly calls: string
  /** What happens instead, in strace's words. */
  readonly inject: string
}

/** `SIGKILL` before the call is made; or the call fails once. */
export const strikes: readonly Strike[] = [
  { calls: 'pwrite64', inject: 'signal=SIGKILL' },
  { calls: 'fdatasync,fsync', inject: 'signal=SIGKILL' },
  { calls: 'ftruncate', inject: 'signal=SIGKILL' },
  { calls: 'unlink,unlinkat,rename,renameat,renameat2', inject: 'signal=SIGKILL' },
  { calls: 'openat', inject: 'signal=SIGKILL' },
  { calls: 'fdatasync,fsync', inject: 'error=EIO' },
  { calls: 'pwrite64', inject: 'error=EIO' },
  { calls: 'pwrite64', inject: 'error=ENOSPC' },
  { calls: 'ftruncate', inject: 'error=EIO' },
  { calls: 'pread64', inject: 'error=EIO' },
]

/** The store's files, of which strace is to touch the calls; others belong to Node. */
export function storeFiles(directory: string): readonly string[] {
  return [directory, ...['store.db', 'store.db-wal', 'store.db-shm', 'store.db-journal', 'backups'].map((name) => join(directory, name))]
}

/** The command that runs what follows under strace, with a strike at the n-th time any one thread makes one of its calls; without n it only counts. */
export function traceCommand(strike: Strike, directory: string, log: string, n?: number): string[] {
  const inject = n === undefined ? [] : ['-e', `inject=${strike.calls}:${strike.inject}:when=${n}`]
  const paths = storeFiles(directory).flatMap((path) => ['-P', path])
  return ['strace', '-f', '-qq', ...paths, '-e', `trace=${strike.calls}`, ...inject, '-o', log]
}

/** How many of one call one thread made at most, by the log of a run: that is what strace counts. */
export function countCalls(log: string): number {
  const counts = new Map<string, number>()
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [threadAndCall] = /^\d+ +\w+\(/.exec(line) ?? []
    if (threadAndCall !== undefined) counts.set(threadAndCall, (counts.get(threadAndCall) ?? 0) + 1)
  }
  return Math.max(0, ...counts.values())
}

/** A strike that did not happen shows nothing. */
export function hasStruck(log: string): boolean {
  return /INJECTED|killed by SIGKILL/.test(readFileSync(log, 'utf8'))
}

/** Why this machine cannot do it; undefined when it can. */
export function findObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'striking system calls needs Linux'
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0 ? undefined : 'strace is missing, or may not trace'
}
