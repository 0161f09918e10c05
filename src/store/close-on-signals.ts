/** Closing when the process is told to end (rule X52). Nothing of this is installed unless asked for (rule N2). */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { checkOptions, integer } from '../base/options.ts'
import type { Store } from './store.ts'

/** Something else to close before the store, such as a server. */
export interface Closable {
  close(): unknown
}

export interface CloseOnSignalsOptions {
  /** The signal is raised again after this time, ms, whatever is still being closed; default 9,500, which fits the 10 s that supervisors give. */
  readonly limitMs?: number
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const rules = { limitMs: integer({ min: 0, max: 2 ** 31 - 1 }) }

const defaultLimitMs = 9500

/** How long the store waits for a server that is being closed, ms; then both go on beside each other. */
const serverMs = 2000

/**
 * On SIGINT, SIGTERM or SIGHUP closes the server, then the store, and raises the signal again, so that the process ends as it
 * would have. A second signal ends it at once, and so does the end of the time: what was acknowledged is there in any case.
 *
 * @returns takes the handlers away
 * @throws TypeError · RangeError for an option that is none
 */
export function closeOnSignals(store: Pick<Store, 'close'>, server?: Closable, options: CloseOnSignalsOptions = {}): () => void {
  checkOptions('closeOnSignals', options, rules)
  const { limitMs = defaultLimitMs } = options
  let isClosing = false
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, onSignal)
  }
  const raise = (signal: NodeJS.Signals): void => {
    stop()
    process.kill(process.pid, signal)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isClosing) return raise(signal)
    isClosing = true
    const timer = setTimeout(() => raise(signal), limitMs)
    void closeAll(store, server).finally(() => {
      clearTimeout(timer)
      raise(signal)
    })
  }
  for (const signal of signals) process.on(signal, onSignal)
  return stop
}

/** Never rejects. What cannot be closed is warned of, and keeps nothing else from it. */
async function closeAll(store: Pick<Store, 'close'>, server: Closable | undefined): Promise<void> {
  const served = server === undefined ? Promise.resolve() : close(server)
  await settledWithin(served, serverMs)
  await Promise.all([close(store), served])
  // A warning is written in a tick of its own.
  await nextTurn()
}

async function close(closable: Closable): Promise<void> {
  try {
    await closable.close()
  } catch (error) {
    process.emitWarning(`Closing failed: ${String(error)}`, { type: 'HoldfastWarning', code: 'CLOSE_FAILED' })
  }
}

async function settledWithin(work: Promise<void>, limitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, limitMs)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
