/** Closing when the process is told to end. Nothing of this is installed unless asked for (rule N2). */
import type { Store } from './store.ts'

/** Something else to close before the store, such as a server. */
export interface Closable {
  close(): unknown
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * On SIGINT, SIGTERM or SIGHUP closes the server, then the store, and raises the signal again, so that the process ends as it
 * would have. A second signal ends it at once.
 *
 * @returns takes the handlers away
 */
export function closeOnSignals(store: Pick<Store, 'close'>, server?: Closable): () => void {
  let isClosing = false
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, onSignal)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isClosing) {
      stop()
      process.kill(process.pid, signal)
      return
    }
    isClosing = true
    void closeAll(store, server).finally(() => {
      stop()
      process.kill(process.pid, signal)
    })
  }
  for (const signal of signals) process.on(signal, onSignal)
  return stop
}

async function closeAll(store: Pick<Store, 'close'>, server: Closable | undefined): Promise<void> {
  try {
    await server?.close()
  } finally {
    await store.close()
  }
}
