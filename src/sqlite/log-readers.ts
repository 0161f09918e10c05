import { readFileSync, statSync } from 'node:fs'

/** Byte of -shm behind the read marks 1 to 4, each a lock of its own: who holds one reads from the log. */
const readMarks = { first: 124, last: 127 }

/**
 * Processes that hold a read transaction on a store's log, by pid; this one may be among them.
 *
 * Read off the kernel's list of locks, so on Linux only; elsewhere, and where that list is hidden, nobody is named.
 */
export function findLogReaders(database: string): readonly number[] {
  try {
    const { ino } = statSync(`${database}-shm`)
    const pids = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , , , file = '', from = '']) => Number(file.split(':')[2]) === ino && isReadMark(Number(from)))
      .map(([, , , , pid]) => Number(pid))
    return [...new Set(pids)].filter((pid) => pid > 0)
  } catch {
    return []
  }
}

function isReadMark(byte: number): boolean {
  return byte >= readMarks.first && byte <= readMarks.last
}
