/**
 * Proof that a process is dead.
 *
 * A number of a process proves nothing: it may be another one's by now. Number, time of its start and boot together are one process's for
 * ever, within one namespace of numbers. Only death is proven here, and only on Linux; everywhere else nothing is.
 */
import * as fs from 'node:fs'

/** Names this process, or `''` where it could not be told from others. */
export function nameProcess(bootId: string): string {
  const startedAt = readStart(process.pid)
  const namespace = readNamespace()
  return startedAt === undefined || namespace === undefined ? '' : [bootId, namespace, process.pid, startedAt].join(' ')
}

/** True where the named process certainly does not run any more. */
export function isProvenDead(name: string, own: string): boolean {
  const [boot, namespace, pid, startedAt] = name.split(' ')
  const [ownBoot, ownNamespace] = own.split(' ')
  if (name === '' || own === '' || boot !== ownBoot || namespace !== ownNamespace) return false
  const found = readStart(Number(pid))
  return found !== undefined && found !== startedAt
}

function readNamespace(): string | undefined {
  try {
    // A link, whose text names the namespace.
    return fs.readlinkSync('/proc/self/ns/pid')
  } catch {
    return undefined
  }
}

/** When a process started, in ticks since boot; `gone` when there is none, undefined where that cannot be asked. */
function readStart(pid: number): string | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program, in brackets, may hold anything. State is the third field, the start the twenty-second.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : fields[19]
  } catch (error) {
    // Where processes of others are hidden, these are not there to be read, and yet alive.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && !isThere(pid) ? 'gone' : undefined
  }
}

/** Sends nothing; asks whether there is somebody to send to. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
