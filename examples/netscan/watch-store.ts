/** Shows a store that another process writes. Nothing in it is changed. */
import { closeOnSignals, openStore } from './holdfast.ts'
import { netscan } from './state.ts'
import { drawFrame } from './terminal/frame.ts'
import { LiveView } from './terminal/live-view.ts'
import { show } from './terminal/show.ts'
import { paintFor } from './terminal/show-live.ts'
import { isAtWork } from './worker.ts'

/** History first, then live, until the process is told to end. */
export async function followStore(directory: string, output: NodeJS.WriteStream): Promise<void> {
  const store = await openStore(netscan, { directory, readOnly: true })
  try {
    const stop = new AbortController()
    const shown = show(store, output, { after: undefined, signal: stop.signal, isEnough: () => false })
    const close = async (): Promise<void> => {
      stop.abort()
      await shown
    }
    closeOnSignals(store, { close })
    await shown
  } finally {
    await store.close()
  }
}

/** What is kept, once. */
export async function printStore(directory: string, output: NodeJS.WriteStream): Promise<void> {
  const store = await openStore(netscan, { directory, readOnly: true })
  try {
    const view = await LiveView.load(store)
    const size = { width: output.columns ?? 120, height: Number.MAX_SAFE_INTEGER }
    const options = { ...size, now: Date.now(), directory: store.directory, paint: paintFor(output), isAtWork }
    for (const line of drawFrame(view, options)) output.write(`${line.trimEnd()}\n`)
  } finally {
    await store.close()
  }
}
