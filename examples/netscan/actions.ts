/** What the page may ask for. */
import { z } from 'zod'
import { action, refuseAction } from './holdfast.ts'
import { type AskedJob, askForReport, cancelJob, retryJob } from './jobs.ts'
import { enqueueScan } from './scan/ask-for-scan.ts'
import { parsePorts } from './scan/ports.ts'
import { readTarget } from './scan/targets.ts'
import { netscan } from './state.ts'
import { UsageError } from './usage-error.ts'

/** What is wrong is found by the schema, so that whoever asked is told at the field it is about. */
const Wish = z.strictObject({ target: textFor(readTarget), ports: textFor(parsePorts).exactOptional() })
const JobName = z.strictObject({ queue: z.enum(['scans', 'reports']), id: z.string() })
const ScanName = z.strictObject({ scanId: z.string() })
export type Wish = z.infer<typeof Wish>
export type JobName = z.infer<typeof JobName>
export type ScanName = z.infer<typeof ScanName>

/**
 * Asks for a scan; where one of the same target is under way, that one is the answer. A restart in between loses nothing.
 *
 * Whether a host name is known is found out later; then the scan may fail.
 */
const startScan = action(netscan, Wish, (tx, wish): AskedJob => enqueueScan(tx, { ...wish, versions: false }))

/** Ends a scan or a report, in whatever process it runs. */
const cancel = action(netscan, JobName, (tx, { queue, id }) => {
  if (!cancelJob(tx, queue, id)) refuseAction('It has ended already.')
})

/** Tries one again that failed or was cancelled. A scan goes on where it was. */
const retry = action(netscan, JobName, (tx, { queue, id }) => {
  if (!retryJob(tx, queue, id)) refuseAction('It is under way already, or another one of the same target is.')
})

const makeReport = action(netscan, ScanName, (tx, { scanId }): AskedJob => {
  const asked = askForReport(tx, scanId)
  return asked ?? refuseAction('This scan has looked at nothing yet, or is not kept any more.')
})

export const actions = { startScan, cancel, retry, makeReport }

/** @param read throws a UsageError for text that is of no use to it */
function textFor(read: (text: string) => unknown): z.ZodString {
  return z.string().superRefine((text, { addIssue }) => {
    try {
      read(text)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      addIssue({ code: 'custom', message: error.message })
    }
  })
}
