/** Carries scans out: takes those that are queued, several at once, in whatever process this runs. */
import { isHoldfastError, type JobWorker } from '../holdfast.ts'
import type { LogLine, NetscanStore, Scan } from '../state.ts'
import { hasNmap, nmapScan } from './nmap.ts'
import { type ScanContext, ScanRecorder } from './scan-recorder.ts'
import type { Scanner } from './scanner.ts'
import { spawnedConnectScan } from './spawned-connect-scan.ts'

/** Scans that run at once, here. */
const concurrency = 3

export function workOnScans(store: NetscanStore): JobWorker {
  return store.scans.work((scan, context) => carryOut(store, scan, context), { concurrency })
}

/** One attempt. Each step is kept before the scanner is asked for the next. */
async function carryOut(store: NetscanStore, scan: Scan, context: ScanContext): ReturnType<ScanRecorder['finish']> {
  let recorder: ScanRecorder | undefined
  try {
    recorder = await ScanRecorder.begin({ store, scan, context, scanner: (await hasNmap()) ? 'nmap' : 'connect' })
    const look: Scanner = recorder.scanner === 'nmap' ? nmapScan : spawnedConnectScan
    for await (const step of look(recorder.plan, context)) await recorder.record(step)
    return await recorder.finish()
  } catch (error) {
    const at = recorder === undefined ? '' : ` at ${recorder.share}`
    say(context, describeFailure(error, { at, isStopped: isAborted(context.signal) }))
    throw error
  }
}

function describeFailure(error: unknown, { at, isStopped }: { readonly at: string; readonly isStopped: boolean }): LogLine {
  if (isStopped) return { level: 'warning', text: `scan interrupted${at}: netscan was stopped` }
  return { level: 'warning', text: `scan failed${at}: ${error instanceof Error ? error.message : String(error)}` }
}

/** By the end of its time it is told as an error is. */
function isAborted({ aborted, reason }: AbortSignal): boolean {
  return aborted && (reason as Error).name === 'AbortError'
}

/** A scan that is not this attempt's any more is none of its business: whoever took it has said so. */
function say(context: ScanContext, line: LogLine): void {
  try {
    context.log(line)
  } catch (error) {
    if (!isHoldfastError(error, 'LEASE_LOST')) throw error
  }
}
