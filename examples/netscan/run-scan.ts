/** Scans without a page, and shows the store meanwhile. */
import type { Arguments } from './arguments.ts'
import { closeOnSignals, openStore } from './holdfast.ts'
import { isUnderWay } from './job-state.ts'
import { askForScan, checkAsked } from './scan/ask-for-scan.ts'
import { ScannerError } from './scan/scanner.ts'
import { type NetscanStore, type Scan, netscan } from './state.ts'
import { printable } from './terminal/printable.ts'
import { show } from './terminal/show.ts'
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
    const { id, isNew } = await askForScan(store, args)
    const scan = store.scans.get(id)
    if (!isNew && scan) output.write(`Going on with the scan of ${printable(scan.input.target)}.\n`)
    await scanAndShow(store, { id, output, after })
    const { state, error } = store.scans.get(id) ?? {}
    if (state === 'failed') throw new ScannerError(error?.message ?? 'The scan was interrupted too often.')
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
  let isStopping = false
  const isEnough = (scan: Scan | undefined): boolean => scan !== undefined && (isStopping ? scan.state !== 'running' : !isUnderWay(scan))
  const shown = show(store, output, { after, signal: stopShow.signal, isEnough: (scans) => isEnough(scans.get(id)) })
  const work = await beginWork(store)
  const stateNow = (): Scan['state'] | undefined => store.scans.get(id)?.state
  const close = async (): Promise<void> => {
    const wasRunning = stateNow() === 'running'
    isStopping = true
    await work.stop({ isHurried: wasRunning })
    // The end of an attempt is shown as well; where it did not run here, or goes on elsewhere, there is none to wait for.
    if (!wasRunning || stateNow() === 'running') stopShow.abort()
    await Promise.allSettled([shown])
    output.write(`\n${printable(sayGoodbye(store.scans.get(id), store.directory))}\n`)
  }
  let closed: Promise<void> | undefined
  const closeOnce = (): Promise<void> => (closed ??= close())
  closeOnSignals(store, { close: closeOnce })
  try {
    await shown
  } finally {
    await closeOnce()
  }
}

function sayGoodbye(scan: Scan | undefined, directory: string): string {
  if (scan?.state === 'failed') return 'The scan failed. To try again from there: npm start'
  if (scan !== undefined && isUnderWay(scan)) return 'Stopped. To go on: npm start'
  return `Kept in ${directory}. To watch the next scan from another terminal: npm start -- --follow`
}
