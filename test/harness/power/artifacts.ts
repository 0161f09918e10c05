/** A process that puts, replaces and deletes artifacts while power goes, on a store of its own beside the writers' (rules A1, A2, X9). */
import { leftovers, Promised } from '../artifacts/promises.ts'
import { SessionProcess } from '../artifacts/session-process.ts'

/** What is said before it is done: it may have been done, whenever it was said. */
const intents: readonly string[] = ['replacing', 'deleting']

export interface ArtifactsSetup {
  readonly directory: string
  readonly seed: string
  /** A bug: its files are not synced. */
  readonly isUnsynced: boolean
}

export interface Judgement {
  readonly problems: readonly string[]
  /** Puts, replacements and deletes that were acknowledged before power went. */
  readonly acknowledged: number
  /** Parts, and files on their way out, that the cut has left. */
  readonly left: number
}

export class ArtifactsUnderPower {
  readonly #setup: ArtifactsSetup
  readonly #promised = new Promised()
  #session: SessionProcess | undefined
  /** When power went, in `monotonicMs`; not yet: infinity. */
  #cutAt = Infinity
  #acknowledged = 0

  constructor(setup: ArtifactsSetup) {
    this.#setup = setup
  }

  /** Begins to work as soon as its store is open. */
  start(life: number): void {
    const { directory, seed, isUnsynced } = this.#setup
    const setup = { directory, name: 'w0', seed: `${seed}/${life}`, work: 'chance', isUnsynced } as const
    this.#cutAt = Infinity
    const session = new SessionProcess(setup, (key, answer, saidAt) => this.#hear(key, answer, saidAt))
    this.#session = session
    void session.opened().then(() => session.begin())
  }

  async opened(): Promise<void> {
    await this.#session?.opened()
  }

  /** Power went, and it goes with it. */
  async end(cutAt: number): Promise<void> {
    this.#cutAt = cutAt
    this.#session?.kill()
    await this.#session?.ended
    this.#session = undefined
  }

  /** Opens the store, which sweeps, and looks whether all is as promised. */
  async judge(): Promise<Judgement> {
    const { directory } = this.#setup
    const left = leftovers(directory).length
    const problems = (await this.#promised.judge(directory)).map((problem) => `artifacts: ${problem}`)
    const acknowledged = this.#acknowledged
    this.#acknowledged = 0
    return { problems, acknowledged, left }
  }

  #hear(key: string, answer: string, saidAt: number): void {
    const isIntent = intents.includes(key)
    if (saidAt >= this.#cutAt && !isIntent) return
    if (!isIntent && key !== 'fail' && key !== 'report') this.#acknowledged += 1
    this.#promised.hear(key, answer)
  }
}
