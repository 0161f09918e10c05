/** Scans, and shows the store meanwhile. */
import type { Arguments } from './arguments.ts'
import { closeOnSignals, openStore } from './holdfast.ts'
import { readMachine } from './machine/machine.ts'
import { beginScan, readWish } from './scan/begin-scan.ts'
import { carryOut, type ScanEnd } from './scan/carry-out.ts'
import type { ScanRecorder } from './scan/scan-recorder.ts'
import { type NetscanStore, type Scan, netscan } from './state.ts'
import { printable } from './terminal/printable.ts'
import { show } from './terminal/show.ts'

/**
 * Scanning and showing know nothing of each other: the steps of the scanner become commits, and what is shown is read from the store, here as
 * in any other process.
 */
export async function runScan(args: Arguments, output: NodeJS.WriteStream): Promise<void> {
  const wish = await readWish(args)
  const store = await openStore(netscan, { directory: args.directory })
  try {
    const after = store.cursor
    const machine = await readMachine()
    await store.commit((tx) => tx.topology.set(machine), { label: 'machine read' })
    const end = await scanAndShow(store, await beginScan(store, wish), { output, after })
    output.write(`\n${printable(sayGoodbye(end, store.directory))}\n`)
    if (end.failure) throw end.failure
  } finally {
    await store.close()
  }
}

interface Stage {
  readonly output: NodeJS.WriteStream
  /** Where to show from, when it is shown as lines. */
  readonly after: string
}

async function scanAndShow(store: NetscanStore, recorder: ScanRecorder, { output, after }: Stage): Promise<ScanEnd> {
  const { id, run } = recorder.scan
  const isEnough = (scan?: Scan): boolean => scan?.id === id && scan.run === run && scan.state !== 'running'
  const [stopScan, stopShow] = [new AbortController(), new AbortController()]
  const shown = show(store, output, { after, signal: stopShow.signal, isEnough })
  const scanned = carryOut(recorder, stopScan.signal).catch((error: unknown) => {
    // The view ends by itself when it sees the end of the scan; here there is none to see.
    stopShow.abort()
    throw error
  })
  const close = async (): Promise<void> => {
    stopScan.abort()
    await Promise.allSettled([scanned, shown])
  }
  closeOnSignals(store, { close })
  try {
    const [end] = await Promise.all([scanned, shown])
    return end
  } finally {
    await close()
  }
}

function sayGoodbye({ state }: ScanEnd, directory: string): string {
  if (state === 'interrupted') return 'Stopped. To go on: npm start'
  if (state === 'failed') return 'The scan failed. To try again from there: npm start'
  return `Kept in ${directory}. To watch the next scan from another terminal: npm start -- --follow`
}
