/** Commits as plain lines, one for each event: for pipes, files and terminals without cursor. */
import { formatCount, percentOf } from '../figures.ts'
import { nameJob, type Queue } from '../jobs.ts'
import { describeMachine } from '../machine/machine.ts'
import type { NetscanCommit, Report, Scan } from '../state.ts'
import { clock, printable } from './printable.ts'

type NetscanChange = NetscanCommit['changes'][number]
type JobPut = Extract<NetscanChange, { op: 'put'; kind: Queue }>

/** Tells a history from one end to the other; it remembers what it has told of the progress of each scan. */
export class EventLines {
  readonly #told = new Map<string, number>()

  /** The lines for a commit; none for one that only settles some ports. */
  of({ at, revision, changes }: NetscanCommit): string[] {
    const news = changes.map((change) => describeNews(change, at))
    const progress = changes.map((change) =>
      change.kind === 'scans' && change.op === 'put' ? this.#describeProgress(change.value) : undefined,
    )
    return [...news, ...progress]
      .filter((text) => text !== undefined)
      .map((text) => `${clock(at)}  #${String(revision).padEnd(5)}  ${printable(text)}`)
  }

  /** Told once for each tenth. */
  #describeProgress(scan: Scan): string | undefined {
    const { id, state, progress, input } = scan
    if (state !== 'running' || progress === undefined) return undefined
    const tenths = Math.floor(percentOf(progress) / 10)
    if (tenths === 0 || tenths === this.#told.get(id)) return undefined
    this.#told.set(id, tenths)
    const { done, total } = progress
    return `progress ${tenths * 10} % of the scan of ${input.target}, ${done.toLocaleString('en')} of ${formatCount(total, 'port')}`
  }
}

function describeNews(change: NetscanChange, at: number): string | undefined {
  if (change.op === 'append') return change.value && `${change.value.level.padEnd(7)}  ${change.value.text}`
  if (change.op !== 'put') return undefined
  if (change.kind === 'scans' || change.kind === 'reports') return describeStep(change, at)
  if (change.kind === 'reportFiles')
    return change.before ? undefined : `file     ${change.value.name} of ${formatCount(change.value.bytes, 'byte')}`
  if (change.kind !== 'topology') return undefined
  return `machine  ${change.value.hostname} · ${describeMachine(change.value)}`
}

/** A step of a job that it cannot tell itself: what it does, it says in the log. */
function describeStep({ kind, value, before }: JobPut, at: number): string | undefined {
  const job: Scan | Report = value
  if (job.state === before?.state) return undefined
  const name = nameJob(kind, job)
  if (job.state === 'failed')
    return `failed   ${name}: ${job.reason === 'interrupted' ? 'interrupted too often' : (job.error?.message ?? '')}`
  if (job.state !== 'queued') return undefined
  const next = `attempt ${job.attempt + 1} of ${job.attempts}`
  if (job.reason === 'retrying') return `retry    ${name} in ${((job.runAt - at) / 1_000).toFixed(1)} s, ${next}: ${job.error?.message}`
  if (job.reason === 'interrupted') return `retry    ${name}, which was interrupted, ${next}`
  return job.reason === 'stopped' ? `stopped  ${name}` : `asked    ${name}`
}
