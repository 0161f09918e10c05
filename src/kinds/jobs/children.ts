/**
 * Child processes of one attempt. Each leads a process group of its own, so that what it starts itself ends with it.
 *
 * They end with the attempt: SIGTERM to the group, after 2 s SIGKILL. A group is only ever signalled while its leader is known to be
 * ours, or in the moment in which it has just been reaped: its number cannot be another's yet.
 */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import type { Clock, Timer } from '../../base/clock.ts'
import type { JobChildError } from '../../state/job.ts'

/** How long a child has between SIGTERM and SIGKILL, ms. */
export const childGraceMs = 2000

/** Characters kept of what a child writes to stderr. */
const longestStderr = 2048

export class Children {
  readonly #clock: Clock
  readonly #onFailedStart: (error: Error) => void
  readonly #running = new Map<ChildProcess, Promise<void>>()
  #isEnding = false
  /** The last that ended badly by itself. */
  failure: JobChildError | undefined

  /** @param onFailedStart told of a child that could not be started, unless whoever spawned it listens for that */
  constructor(clock: Clock, onFailedStart: (error: Error) => void) {
    this.#clock = clock
    this.#onFailedStart = onFailedStart
  }

  /** As `spawn` of `node:child_process`. */
  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
    const child = spawn(command, args, { ...options, detached: process.platform !== 'win32' })
    const stderr = keepEnd(child)
    child.on('error', (error) => {
      this.failure ??= { command, ...stderr() }
      if (child.listenerCount('error') === 1) this.#onFailedStart(error)
    })
    child.on('exit', (exitCode, signal) => {
      if (this.#isEnding) signalGroup(child, 'SIGKILL')
      else if (exitCode !== 0) this.failure = { command, ...exitOf(exitCode, signal), ...stderr() }
    })
    if (child.pid === undefined) return child
    this.#running.set(child, new Promise((resolve) => child.once('exit', () => this.#running.delete(child) && resolve())))
    if (this.#isEnding) this.#end(child)
    return child
  }

  /** Ends all that run; resolves when they are gone. */
  async end(): Promise<void> {
    const isFirst = !this.#isEnding
    this.#isEnding = true
    if (isFirst) for (const child of this.#running.keys()) this.#end(child)
    await Promise.all(this.#running.values())
  }

  #end(child: ChildProcess): void {
    signalGroup(child, 'SIGTERM')
    const timer: Timer = this.#clock.after(childGraceMs, () => signalGroup(child, 'SIGKILL'))
    child.once('exit', () => timer.cancel())
  }
}

function exitOf(exitCode: number | null, signal: string | null): Pick<JobChildError, 'exitCode' | 'signal'> {
  return { ...(exitCode === null ? {} : { exitCode }), ...(signal === null ? {} : { signal }) }
}

/** The end of what a child writes to a piped stderr, beside whoever else reads it. */
function keepEnd(child: ChildProcess): () => Pick<JobChildError, 'stderr'> {
  let kept = ''
  child.stderr?.on('data', (chunk: Buffer | string) => {
    kept = (kept + String(chunk)).slice(-longestStderr)
  })
  return () => (kept === '' ? {} : { stderr: kept.toWellFormed() })
}

function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  const { pid } = child
  if (pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-pid, signal)
  } catch {
    // Nobody of the group is left.
  }
}
