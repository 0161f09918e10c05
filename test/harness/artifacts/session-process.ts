/** A session, as its harness holds it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { LineReader, pipeDescriptor } from '../pipe.ts'
import type { ArtifactSessionSetup } from './session-setup.ts'

export class SessionProcess {
  readonly #process: ChildProcess
  readonly #opened: Promise<void>
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string }>

  /** @param onFound told what it says, and when in `monotonicMs`, in order; what it said before it was killed is told before `ended` resolves */
  constructor(setup: ArtifactSessionSetup, onFound: (key: string, answer: string, saidAt: number) => void) {
    // One thread of the pool, so that each run makes its calls in the same order.
    const env = {
      ...process.env,
      NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      UV_THREADPOOL_SIZE: setup.work === 'steps' ? '1' : '4',
    }
    this.#process = spawn(process.execPath, [join(import.meta.dirname, 'session.ts'), JSON.stringify(setup)], {
      env,
      stdio: ['pipe', 'inherit', 'pipe', 'pipe'],
    })
    let open: () => void = () => undefined
    this.#opened = new Promise((resolve) => (open = resolve))
    const reader = new LineReader((message, saidAt) => {
      if (message[0] === 'open') open()
      if (message[0] === 'found') onFound(message[1], message[2], saidAt)
    })
    const pipe = this.#process.stdio[pipeDescriptor] as Readable
    pipe.setEncoding('utf8').on('data', (chunk: string) => reader.read(chunk))
    let stderr = ''
    this.#process.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    this.ended = once(this.#process, 'close').then(([code, signal]) => {
      open()
      return { code: code as number | null, signal: signal as NodeJS.Signals | null, stderr }
    })
  }

  get pid(): number {
    return this.#process.pid as number
  }

  /** Resolves when its store is open, or it has ended. */
  opened(): Promise<void> {
    return this.#opened
  }

  begin(): void {
    const stdin = this.#process.stdin as Writable
    stdin.on('error', () => undefined)
    stdin.write('\n')
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }
}
