/** The processes of the harness: started, paused, killed and replaced. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { WorkerSetup, Word } from './worker.ts'

export class Crew {
  readonly #setup: WorkerSetup
  readonly #all = new Set<ChildProcess>()
  readonly #isPaused = new Set<ChildProcess>()
  /** Attempts that found their lease lost. */
  lost = 0
  /** What no worker should have met. */
  readonly wrong: string[] = []

  constructor(setup: WorkerSetup) {
    this.#setup = setup
  }

  get members(): readonly ChildProcess[] {
    return [...this.#all]
  }

  /** Resolves once it has opened its store. */
  async hire(): Promise<ChildProcess> {
    const file = join(import.meta.dirname, 'worker.ts')
    const env = { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }
    const child = spawn(process.execPath, [file, JSON.stringify(this.#setup)], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#all.add(child)
    const open = Promise.withResolvers<ChildProcess>()
    child.on('message', (word: Word) => {
      if (word.is === 'open') open.resolve(child)
      else if (word.is === 'lost') this.lost += 1
      else this.wrong.push(word.what)
    })
    child.on('exit', (code, signal) => {
      this.#all.delete(child)
      if (signal === null) this.wrong.push(`a worker ended by itself (${code})`)
      open.resolve(child)
    })
    return open.promise
  }

  async kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  pause(child: ChildProcess): void {
    this.#isPaused.add(child)
    child.kill('SIGSTOP')
  }

  resume(child: ChildProcess): void {
    this.#isPaused.delete(child)
    child.kill('SIGCONT')
  }

  /** Sets the clock of one so much wrong. */
  step(child: ChildProcess, stepMs: number): void {
    child.send({ stepMs })
  }

  async killAll(): Promise<void> {
    await Promise.all(this.members.map((child) => this.kill(child)))
  }
}
