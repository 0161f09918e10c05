/** Serves the page, and scans what was asked for: on the command line first, then by pages, until it is told to end. */
import * as path from 'node:path'
import { actions } from './actions.ts'
import type { Arguments } from './arguments.ts'
import { closeOnSignals, type HoldfastServer, isHoldfastError, openStore, serve } from './holdfast.ts'
import { readMachine } from './machine/machine.ts'
import { builtPage } from './page/built-page.ts'
import { beginRequested, beginScan, readWish } from './scan/begin-scan.ts'
import { carryOut } from './scan/carry-out.ts'
import { type ScanRecorder, ScanReplacedError } from './scan/scan-recorder.ts'
import { type NetscanStore, netscan } from './state.ts'
import { show } from './terminal/show.ts'

export async function serveScans(args: Arguments, output: NodeJS.WriteStream): Promise<void> {
  const wish = await readWish(args)
  const store = await openStore(netscan, { directory: args.directory })
  const ending = new AbortController()
  let server: HoldfastServer | undefined
  try {
    const after = store.cursor
    const page = await builtPage(path.join(import.meta.dirname, 'page'))
    server = await serve(store, { actions, page, ...(args.port === undefined ? {} : { port: args.port }) })
    offerLinks(server, output, ending.signal)
    const machine = await readMachine()
    await store.commit((tx) => tx.topology.set(machine), { label: 'machine read' })
    const shown = show(store, output, { after, signal: ending.signal, isEnough: () => false })
    const scanned = scanAsAsked(store, await beginScan(store, wish), ending.signal)
    const close = async (): Promise<void> => {
      ending.abort()
      await Promise.allSettled([scanned, shown])
      await server?.close()
    }
    closeOnSignals(store, { close })
    await Promise.all([scanned, shown])
  } finally {
    ending.abort()
    await server?.close()
    await store.close()
  }
}

/** Each link works once, and for 30 seconds: whoever sits at the terminal gets another one by pressing Enter. */
function offerLinks(server: HoldfastServer, output: NodeJS.WriteStream, signal: AbortSignal): void {
  const { stdin } = process
  output.write(`\nOpen ${server.link()}\nThe link works once, within 30 seconds.${stdin.isTTY ? ' Press Enter for another.' : ''}\n\n`)
  if (!stdin.isTTY) return
  const offer = (): boolean => output.write(`\nOpen ${server.link()}\n\n`)
  stdin.on('data', offer)
  signal.addEventListener('abort', () => {
    stdin.off('data', offer)
    stdin.pause()
  })
}

/** One scan at a time: another one that is asked for ends the one that is under way. */
async function scanAsAsked(store: NetscanStore, first: ScanRecorder, signal: AbortSignal): Promise<void> {
  let current = start(first, signal)
  const follower = store.follow({ after: store.cursor, kinds: ['request'], signal })
  // One that was asked for while nobody was there.
  current = await next(store, current, signal)
  for await (const { changes } of follower) if (changes.length > 0) current = await next(store, current, signal)
  await current.end()
}

interface Running {
  /** Stops it where it is, and resolves when that is on record. */
  end(): Promise<void>
}

async function next(store: NetscanStore, current: Running, signal: AbortSignal): Promise<Running> {
  const request = store.request.get()
  if (request === undefined) return current
  await current.end()
  const recorder = await beginRequested(store, request)
  return recorder === undefined ? current : start(recorder, signal)
}

function start(recorder: ScanRecorder, signal: AbortSignal): Running {
  const stop = new AbortController()
  const done = carryOut(recorder, AbortSignal.any([signal, stop.signal])).catch((error: unknown) => {
    // Another scan has begun in this store, or the store is closed: nothing is left to do for this one.
    if (!(error instanceof ScanReplacedError) && !isHoldfastError(error, 'STORE_CLOSED')) throw error
  })
  return {
    async end() {
      stop.abort()
      await done
    },
  }
}
