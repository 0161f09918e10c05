/** Scans without a page, and shows the store meanwhile. */
import type { Arguments } from './arguments.ts'
import { closeOnSignals, openStore } from './holdfast.ts'
import { isUnderWay } from './job-state.ts'
import { askForScan, checkAsked } from './scan/ask-for-scan.ts'
import { ScannerError } from './scan/scanner.ts'
import { type NetscanStore, type Scan, netscan } from './state.ts'
import { printable } from './terminal/printable.ts'
import { show } from './terminal/show.ts'
import type { Records } from './terminal/view.ts'
import { beginWork } from './work.ts'

/**
 * Scanning and showing know nothing of each other: the steps of the scanner become commits, and what is shown is read from the store, here as
 * in any other process.
 *
 * @throws ScannerError when the scan has failed
 */
export async function runScan(args: Arguments, output: NodeJS.WriteStream): Promise<void> {
  await checkAsked(args)
  const store = await openStore(netscan, { directory: args.directory })
  try {
    const after = store.cursor
    const { id } = await askForScan(store, args)
    await scanAndShow(store, { id, output, after })
    const scan = store.scans.get(id)
    output.write(`\n${printable(sayGoodbye(scan, store.directory))}\n`)
    if (scan?.state === 'failed') throw new ScannerError(scan.error?.message ?? 'The scan was interrupted too often.')
  } finally {
    await store.close()
  }
}

interface Stage {
  readonly id: string
  readonly output: NodeJS.WriteStream
  /** Where to show from, when it is shown as lines. */
  readonly after: string
}

async function scanAndShow(store: NetscanStore, { id, output, after }: Stage): Promise<void> {
  const stopShow = new AbortController()
  const hasEnded = (scan: Scan | undefined): boolean => scan !== undefined && !isUnderWay(scan)
  const isEnough = (scans: Records<Scan>): boolean => hasEnded(scans.get(id))
  const shown = show(store, output, { after, signal: stopShow.signal, isEnough })
  const work = await beginWork(store)
  const close = async (): Promise<void> => {
    await work.stop()
    // What the scan has to say of its being stopped is shown as well.
    if (!hasEnded(store.scans.get(id))) await store.commit(() => undefined)
    stopShow.abort()
    await Promise.allSettled([shown])
  }
  closeOnSignals(store, { close })
  try {
    await shown
  } finally {
    await close()
  }
}

function sayGoodbye(scan: Scan | undefined, directory: string): string {
  if (scan?.state === 'failed') return 'The scan failed. To try again from there: npm start'
  if (scan !== undefined && isUnderWay(scan)) return 'Stopped. To go on: npm start'
  return `Kept in ${directory}. To watch the next scan from another terminal: npm start -- --follow`
}
