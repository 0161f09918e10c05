/** What can be asked for from another terminal: it is written to the store, and whoever works there carries it out. */
import type { Arguments } from './arguments.ts'
import { openStore } from './holdfast.ts'
import { arrangeJobs, isUnderWay } from './job-state.ts'
import { askForReport, cancelJob, nameJob } from './jobs.ts'
import { type NetscanStore, type NetscanTx, type Report, type Scan, netscan } from './state.ts'
import { printable } from './terminal/printable.ts'
import { UsageError } from './usage-error.ts'

/** Cancels the scans and reports that are under way: all, or those of a target. */
export async function cancelJobs(args: Arguments, output: NodeJS.WriteStream): Promise<void> {
  await inStore(args.directory, async (store) => {
    const { value: cancelled } = await store.commit((tx) => cancelAll(tx, args.target), { label: 'cancelled in a terminal' })
    for (const name of cancelled) output.write(`${printable(name)} cancelled\n`)
    if (cancelled.length === 0) output.write('Nothing is under way.\n')
  })
}

/** Asks for a report of the last scan: of all, or of a target. */
export async function requestReport(args: Arguments, output: NodeJS.WriteStream): Promise<void> {
  await inStore(args.directory, async (store) => {
    const { value } = await store.commit((tx) => reportLast(tx, args.target), { label: 'report asked for in a terminal' })
    if (value === undefined) throw new UsageError('There is no scan to report yet. Start one first: npm start')
    output.write(`The report of the scan of ${printable(value.input.target)} is ${madeBy}.\n`)
  })
}

const madeBy = 'asked for. A netscan that runs makes it now, another one when it starts'

async function inStore(directory: string, ask: (store: NetscanStore) => Promise<void>): Promise<void> {
  // Nothing is made where there is nothing: this throws when there is no store.
  await (await openStore(netscan, { directory, readOnly: true })).close()
  const store = await openStore(netscan, { directory })
  try {
    await ask(store)
  } finally {
    await store.close()
  }
}

function cancelAll(tx: NetscanTx, target: string | undefined): string[] {
  return (['scans', 'reports'] as const).flatMap((queue) => {
    const underWay = jobsOf(tx, queue).filter((job) => isUnderWay(job) && (target === undefined || job.input.target === target))
    return underWay.filter(({ id }) => cancelJob(tx, queue, id)).map((job) => nameJob(queue, job))
  })
}

function reportLast(tx: NetscanTx, target: string | undefined): Scan | undefined {
  const scans = arrangeJobs(jobsOf(tx, 'scans') as Scan[]).filter(({ input }) => target === undefined || input.target === target)
  const ended = [...scans.filter((scan) => !isUnderWay(scan)), ...scans.filter(isUnderWay)]
  return ended.find(({ id }) => askForReport(tx, id) !== undefined)
}

/** No more are kept than one page holds. */
function jobsOf(tx: NetscanTx, queue: 'scans' | 'reports'): readonly (Scan | Report)[] {
  return tx[queue].find({ limit: 1_000 }).items
}
