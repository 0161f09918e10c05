/** The mark of a process that made commits a loss of power could take (see docs/adr/0007). */
import type { Backend } from './backend.ts'
import { markWaitMs } from './closing.ts'
import type { EngineOptions } from './engine-options.ts'
import type { Turn } from './turn.ts'

interface Marked {
  readonly backend: Backend
  readonly turn: Turn
  readonly instance: string
  readonly options: EngineOptions
}

/** Call when all commits are made: syncs them, so that a loss of power from here on loses nothing, and says so by taking the mark away. */
export async function clearWeakMark({ backend, turn, instance, options }: Marked): Promise<void> {
  try {
    await backend.sync()
    // In memory the script runs on the connection of the reads.
    turn.end()
    const deadlineMs = Math.min(options.deadlineMs, markWaitMs)
    await backend.runScript({ guards: [], steps: [['DELETE FROM hf_weak WHERE instance = ?', instance]], deadlineMs })
  } catch (error) {
    options.report({ type: 'background-failed', message: 'The store was closed, but could not note it.', error })
  }
}
