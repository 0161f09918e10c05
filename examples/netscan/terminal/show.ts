/** Shows the store: a live view on a terminal, lines elsewhere. */
import type { NetscanStore } from '../state.ts'
import { type PrintOptions, printEvents } from './print-events.ts'
import { showLive } from './show-live.ts'

export async function show(store: NetscanStore, output: NodeJS.WriteStream, options: PrintOptions): Promise<void> {
  if (output.isTTY && process.env['TERM'] !== 'dumb') await showLive(store, output, options)
  else await printEvents(store, output, options)
}
