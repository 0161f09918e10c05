/** The store as a stream of lines: what has happened, then what happens. */
import type { NetscanStore, Scan } from '../state.ts'
import { EventLines } from './event-lines.ts'
import type { ShowOptions } from './view.ts'

export interface PrintOptions extends ShowOptions {
  /** Where to begin; everything that is kept of the history when undefined. */
  readonly after: string | undefined
}

/** Prints a line between history and the present when it prints history. */
export async function printEvents(
  store: NetscanStore,
  output: NodeJS.WritableStream,
  { after, signal, isEnough }: PrintOptions,
): Promise<void> {
  const present = after === undefined ? store.health().published : 0
  const lines = new EventLines()
  const print = (line: string): unknown => output.write(`${line}\n`)
  const scans = new Map<string, Scan>()
  if (after === undefined && present === 0) print(nowLive)
  for await (const commit of store.follow({ signal, ...(after === undefined ? {} : { after }) })) {
    lines.of(commit).forEach(print)
    if (commit.revision === present) print(nowLive)
    for (const change of commit.changes) if (change.kind === 'scans' && change.op === 'put') scans.set(change.key, change.value)
    if (isEnough(scans)) return
  }
}

const nowLive = '— that was the history; from here on live —'
