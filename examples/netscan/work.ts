/** What a process that scans does besides showing: it carries out what is queued, and looks after what is kept. */
import { readMachine } from './machine/machine.ts'
import { watchFiles } from './report/watch-files.ts'
import { workOnReports } from './report/report-worker.ts'
import { forgetFindings } from './scan/forget-findings.ts'
import { workOnScans } from './scan/scan-worker.ts'
import type { NetscanStore } from './state.ts'

export interface Work {
  /**
   * Resolves when nothing runs here any more, and that is on record. What has not ended goes on with the next start.
   *
   * In a hurry, scans and reports are stopped where they are; else they have a few seconds to end.
   */
  stop(options: { readonly isHurried: boolean }): Promise<void>
}

export async function beginWork(store: NetscanStore): Promise<Work> {
  const machine = await readMachine()
  await store.commit((tx) => tx.topology.set(machine), { label: 'machine read' })
  await forgetFindings(store)
  const ending = new AbortController()
  const workers = [workOnScans(store), workOnReports(store)]
  const watched = watchFiles(store, ending.signal)
  return {
    async stop({ isHurried }) {
      ending.abort()
      await Promise.all([...workers.map((worker) => worker.stop(isHurried ? { drainMs: 0 } : {})), watched])
    },
  }
}
