/** For tests: an attempt of a scan whose steps the test makes itself. */
import type { NetscanStore, Scan, ScanInput } from '../state.ts'
import { enqueueScan } from './ask-for-scan.ts'
import { ScanRecorder } from './scan-recorder.ts'

export interface TakenUp {
  readonly id: string
  readonly recorder: ScanRecorder
  /** Ends the scan as a scanner does that has looked at everything. */
  finish(): Promise<Scan>
  /** Ends the attempt. */
  fail(error: Error): void
  /** Stops the worker, as the end of a process does. */
  stop(): Promise<void>
}

/** @param given what is asked for besides a scan of one address by TCP connections; of a target that is under way, that scan is taken up */
export async function takeUp(store: NetscanStore, given: Partial<ScanInput> = {}): Promise<TakenUp> {
  const input: ScanInput = { target: '10.0.0.1', ports: '1-100', scanner: 'connect', versions: false, ...given }
  const begun = Promise.withResolvers<ScanRecorder>()
  const ending = Promise.withResolvers<void>()
  const { value } = await store.commit((tx) => enqueueScan(tx, input))
  const worker = store.scans.work(
    async (scan, context) => {
      const recorder = await ScanRecorder.begin({ store, scan, context, scanner: 'connect' })
      begun.resolve(recorder)
      context.signal.addEventListener('abort', () => ending.reject(context.signal.reason as Error))
      await ending.promise
      return recorder.finish()
    },
    // What a test leaves under way is not waited for when its store closes.
    { drainMs: 0 },
  )
  const recorder = await begun.promise
  return {
    id: value.id,
    recorder,
    async finish() {
      ending.resolve()
      const scan = await store.scans.wait(value.id)
      await worker.stop()
      return scan
    },
    fail: (error) => ending.reject(error),
    stop: () => worker.stop({ drainMs: 0 }),
  }
}
