/** What the machine lets a test do. Tests that need more than there is are skipped by name, and say in their title what they need. */
import { spawnSync } from 'node:child_process'

export const isRoot: boolean = process.getuid?.() === 0

/** Root that may also mount, in a namespace of its own; in most containers it may not. */
export const canMount: boolean = isRoot && process.platform === 'linux' && succeeds('unshare', ['--mount', 'true'])

export const hasStrace: boolean = process.platform === 'linux' && succeeds('strace', ['-o', '/dev/null', 'true'])

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/** Root that may make namespaces of processes. */
export const canUnshareProcesses: boolean =
  isRoot && process.platform === 'linux' && succeeds('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', 'true'])
