/** Commits as plain lines, one for each event: for pipes, files and terminals without cursor. */
import { describeMachine } from '../machine/machine.ts'
import type { NetscanCommit, Scan } from '../state.ts'
import { clock } from './frame.ts'
import { printable } from './printable.ts'

type NetscanChange = NetscanCommit['changes'][number]

/** Tells a history from one end to the other; it remembers what it has told of the progress. */
export class EventLines {
  #told = ''

  /** The lines for a commit; none for one that only settles some ports. */
  of({ at, revision, changes }: NetscanCommit): string[] {
    const progress = changes.map((change) =>
      change.kind === 'scan' && change.op === 'put' ? this.#describeProgress(change.value) : undefined,
    )
    return [...changes.map(describeNews), ...progress]
      .filter((text) => text !== undefined)
      .map((text) => `${clock(at)}  #${String(revision).padEnd(5)}  ${printable(text)}`)
  }

  /** Told once for each tenth. */
  #describeProgress(scan: Scan | undefined): string | undefined {
    if (!scan) return undefined
    const { id, probes } = scan
    const tenths = Math.floor((probes.done / probes.total) * 10)
    const now = `${id} ${tenths}`
    if (tenths === 0 || now === this.#told) return undefined
    this.#told = now
    return `progress ${tenths * 10} %, ${probes.done.toLocaleString('en')} of ${probes.total.toLocaleString('en')} ports`
  }
}

function describeNews(change: NetscanChange): string | undefined {
  if (change.op === 'append') return change.value && `${change.value.level.padEnd(7)}  ${change.value.text}`
  if (change.kind !== 'topology' || change.op !== 'put' || !change.value) return undefined
  return `machine  ${change.value.hostname} · ${describeMachine(change.value)}`
}
