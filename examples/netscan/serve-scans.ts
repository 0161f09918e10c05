/** Serves the page, and carries out what is asked for: on the command line first, then by pages, until it is told to end. */
import type { Arguments } from './arguments.ts'
import { closeOnSignals, openStore } from './holdfast.ts'
import { askForScan, checkAsked } from './scan/ask-for-scan.ts'
import { type PageServer, servePage } from './serve-page.ts'
import { netscan } from './state.ts'
import { show } from './terminal/show.ts'
import { beginWork, type Work } from './work.ts'

export async function serveScans(args: Arguments, output: NodeJS.WriteStream): Promise<void> {
  await checkAsked(args)
  const store = await openStore(netscan, { directory: args.directory })
  const ending = new AbortController()
  let server: PageServer | undefined
  let work: Work | undefined
  try {
    const after = store.cursor
    server = await servePage(store, args)
    offerLinks(server, output, ending.signal)
    await askForScan(store, args)
    const shown = show(store, output, { after, signal: ending.signal, isEnough: () => false })
    work = await beginWork(store)
    const close = async (): Promise<void> => {
      await work?.stop({ isHurried: true })
      ending.abort()
      await shown
      await server?.close()
    }
    closeOnSignals(store, { close })
    await shown
  } finally {
    ending.abort()
    await work?.stop({ isHurried: true })
    await server?.close()
    await store.close()
  }
}

/** Each link works once, and for 30 seconds: whoever sits at the terminal gets another one by pressing Enter. */
function offerLinks(server: PageServer, output: NodeJS.WriteStream, signal: AbortSignal): void {
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
