/** What commits of this process made of jobs, told to whoever runs or awaits them here: nothing is read back from the history for that. */
import type { Job } from '../../state/job.ts'

export type NewsListener = (jobs: readonly Job[]) => void

export class News {
  #listener: NewsListener | undefined

  /** Somebody wants to know. */
  get isWanted(): boolean {
    return this.#listener !== undefined
  }

  /** Has itself told of the jobs of each commit, as it left them, soon after it was made; undefined ends it. */
  listen(listener: NewsListener | undefined): void {
    this.#listener = listener
  }

  /** Call when a commit is made. Whoever listens may read and commit, so it is not called before that is over. */
  tell(jobs: readonly Job[]): void {
    queueMicrotask(() => this.#listener?.(jobs))
  }
}
