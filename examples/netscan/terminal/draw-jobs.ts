/** Scans and reports as lines of text: those under way with a bar, of the others the last few. */
import { formatCount, percentOf } from '../figures.ts'
import { arrangeJobs, isUnderWay, shownState, type ShownState } from '../job-state.ts'
import type { Report, ReportFile, Scan } from '../state.ts'
import type { FrameOptions, Paint } from './frame-options.ts'
import { clock, cut, fit, printable } from './printable.ts'
import type { View } from './view.ts'

/** Without a commit for this long, a running scan is said to be silent. */
const silenceMs = 5_000
/** Scans under way that are drawn; more are counted. */
const mostBars = 4
/** Of scans that have ended, and of files of reports, so many are drawn. */
const mostPast = 3

type JobOptions = FrameOptions & {
  /** Since the last commit. */
  readonly quietMs: number
}

export function drawScans({ scans, at }: View, frame: FrameOptions): string[] {
  const options = { ...frame, quietMs: frame.now - at }
  const [first, ...others] = arrangeJobs(scans.values())
  if (first === undefined) return [frame.paint('dim', 'no scan yet')]
  const underWay = others.filter(isUnderWay)
  const past = others.filter((scan) => !isUnderWay(scan)).slice(0, mostPast)
  const more = underWay.length - (mostBars - 1)
  return [
    ...[first, ...underWay.slice(0, mostBars - 1)].flatMap((scan) => drawScan(scan, options)),
    ...(more > 0 ? [frame.paint('dim', `and ${formatCount(more, 'scan')} more under way`)] : []),
    ...past.map((scan) => drawPast(scan, options)),
  ]
}

function drawScan(scan: Scan, options: JobOptions): string[] {
  const { width, paint, quietMs } = options
  const { input, progress } = scan
  const state = stateOf(scan, options)
  const isSilent = state === 'running' && quietMs > silenceMs
  const way = progress?.plan && ` with ${progress.plan.scanner === 'nmap' ? 'nmap' : 'TCP connections'}`
  const name = `scan of ${input.target}${way ?? ''} since ${clock(scan.startedAt ?? scan.createdAt)}`
  const notes = [
    state === 'running' ? (progress?.message ?? '') : state,
    scan.attempt > 1 ? `attempt ${scan.attempt} of ${scan.attempts}` : '',
    isSilent ? `no news for ${Math.floor(quietMs / 1_000)} s` : '',
  ].filter(Boolean)
  return [
    `${printable(name)}${paint(isSilent ? 'yellow' : 'dim', printable(notes.map((note) => ` · ${note}`).join('')))}`,
    drawProgress(scan, state, options),
    ...drawFailure(scan, width).map((line) => paint('red', line)),
  ]
}

function drawProgress({ progress }: Scan, state: ShownState, { width, paint }: JobOptions): string {
  const { done, total, up, open } = progress ?? { done: 0, total: 0, up: 0, open: 0 }
  const found = up > 0 ? ` · ${formatCount(up, 'host')} up, ${formatCount(open, 'open port')}` : ''
  const ports = total > 0 ? `  ${done.toLocaleString('en')} of ${formatCount(total, 'port')}` : ''
  const counts = `${percentOf({ done, total })} %${ports}${found}`
  const size = Math.max(10, Math.min(40, width - counts.length - 2))
  const filled = total > 0 ? Math.floor((done / total) * size) : 0
  return `${paint(colours[state], '━'.repeat(filled))}${paint('dim', '╌'.repeat(size - filled))}  ${counts}`
}

/** A process that was killed cannot say that its scan was interrupted. */
function stateOf(job: Scan | Report, { quietMs, isAtWork }: JobOptions): ShownState {
  const state = shownState(job)
  return state === 'running' && !isAtWork(job.progress?.worker, quietMs) ? 'interrupted' : state
}

/** Whole, as far as three lines hold it. */
function drawFailure({ error, state }: Scan, width: number): string[] {
  const text = state === 'completed' || state === 'cancelled' ? '' : printable(error?.message ?? '')
  return [text.slice(0, width), text.slice(width, 2 * width), cut(text.slice(2 * width), width)].filter(Boolean)
}

function drawPast(scan: Scan, { width, paint }: JobOptions): string {
  const { endedAt = 0, input, state, result, error } = scan
  const about = result ? `${formatCount(result.up, 'host')} up, ${formatCount(result.open, 'open port')}` : (error?.message ?? '')
  const text = `scan of ${printable(input.target)}  ${printable(about)}`
  return `${paint('dim', clock(endedAt))}  ${paint(colours[state], fit(state, 9))}  ${cut(text, width - 21)}`
}

const colours: { readonly [State in ShownState]: Parameters<Paint>[0] } = {
  queued: 'dim',
  running: 'cyan',
  completed: 'green',
  interrupted: 'yellow',
  stopped: 'yellow',
  retrying: 'yellow',
  cancelled: 'yellow',
  failed: 'red',
}

export function drawReports({ reports, files, at }: View, frame: FrameOptions): string[] {
  const options = { ...frame, quietMs: frame.now - at }
  const made = [...files.values()].toSorted((a, b) => b.createdAt - a.createdAt || compareText(a.name ?? '', b.name ?? ''))
  const open = arrangeJobs(reports.values()).filter(({ state }) => state !== 'completed' && state !== 'cancelled')
  return [
    ...open.slice(0, mostPast).map((report) => drawReport(report, options)),
    ...made.slice(0, mostPast).map((file) => drawFile(file, frame)),
  ]
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function drawReport(report: Report, options: JobOptions): string {
  const { width, paint } = options
  const state = stateOf(report, options)
  const { progress, input, error, createdAt } = report
  const about = state === 'running' && progress ? `${percentOf(progress)} %  ${progress.message}` : (error?.message ?? '')
  const text = `report of the scan of ${printable(input.target)}  ${printable(about)}`
  return `${paint('dim', clock(createdAt))}  ${paint(colours[state], fit(state, 9))}  ${cut(text, width - 21)}`
}

function drawFile({ createdAt, name = '', bytes, meta }: ReportFile, { width, paint }: FrameOptions): string {
  const isMissing = meta.missingSince !== undefined
  const text = `${printable(name)}  ${formatCount(bytes, 'byte')}`
  return `${paint('dim', clock(createdAt))}  ${paint(isMissing ? 'red' : 'green', fit(isMissing ? 'missing' : 'report', 9))}  ${cut(text, width - 21)}`
}
