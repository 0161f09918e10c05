/**
 * How a store ends (rule X52): in order, and within a limit.
 *
 *   refuse new commits ─▶ kinds finish what they have begun ─▶ what was written behind is committed ─▶ the queue runs empty ─▶ the last sync
 *
 * What is not done when the time is over is given up, as if the process had been killed then: commits that have not run are refused, of
 * those whose sync is on its way it is not known. Nothing that was acknowledged is lost by that.
 */
import type { Clock } from '../base/clock.ts'
import type { Report } from '../base/report.ts'

/** How long what runs may go on by itself, where nobody asked for more, ms. */
const usualDrainMs = 5000

/** For all that comes after that: with it, closing fits the 10 s that supervisors give. */
const afterDrainMs = 4000

/** Longest delay of a timer, ms. */
const longestTimerMs = 2 ** 31 - 1

/** How long taking away the mark of weak commits may wait for other processes, ms. */
export const markWaitMs = 500

export interface Closing {
  readonly clock: Clock
  readonly report: Report
  /** The longest that a kind's own work was promised to be let run, ms. */
  readonly drainMs: number
  /** Each begins when the one before has ended, and also where that failed. */
  readonly steps: readonly (() => unknown)[]
  /** Has the steps end that still wait. */
  readonly cut: () => void
}

/** Resolves when all steps are done, or the time for them is over; never rejects. */
export async function closeWithin({ clock, report, drainMs, steps, cut }: Closing): Promise<void> {
  const limitMs = Math.min(Math.max(usualDrainMs, drainMs) + afterDrainMs, longestTimerMs)
  const over = Promise.withResolvers<void>()
  const timer = clock.after(limitMs, () => {
    const message = `The store was closed after ${limitMs} ms; what was not done by then is given up.`
    report({ type: 'background-failed', message })
    cut()
    over.resolve()
  })
  await Promise.race([runAll(steps, report), over.promise])
  timer.cancel()
}

async function runAll(steps: Closing['steps'], report: Report): Promise<void> {
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      report({ type: 'background-failed', message: 'A part of the store could not be closed in order.', error })
    }
  }
}
