import { isHoldfastError } from '../holdfast.ts'
import { connectScan } from './connect-scan.ts'
import { nmapScan } from './nmap.ts'
import { type ScanRecorder, ScanReplacedError } from './scan-recorder.ts'
import type { Scanner } from './scanner.ts'

/** How a scan ended, as it is kept. */
export interface ScanEnd {
  readonly state: 'finished' | 'interrupted' | 'failed'
  /** What it failed of. */
  readonly failure?: Error
}

/**
 * Each step is kept before the scanner is asked for the next.
 *
 * @throws what kept the store from keeping the end of the scan
 */
export async function carryOut(recorder: ScanRecorder, signal: AbortSignal): Promise<ScanEnd> {
  const scan: Scanner = recorder.scan.scanner === 'nmap' ? nmapScan : connectScan
  try {
    for await (const step of scan(recorder.plan, signal)) await recorder.record(step)
    await recorder.finish()
    return { state: 'finished' }
  } catch (error) {
    if (error === signal.reason) {
      await recorder.interrupt('stopped by the user')
      return { state: 'interrupted' }
    }
    if (isHoldfastError(error) || error instanceof ScanReplacedError) throw error
    const failure = error instanceof Error ? error : new Error(String(error))
    await recorder.fail(failure.message)
    return { state: 'failed', failure }
  }
}
