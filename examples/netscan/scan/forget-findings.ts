import type { NetscanStore, NetscanTx } from '../state.ts'
import { maxAddresses } from './targets.ts'

/** Scans are forgotten in time; this forgets what they have found along with them, scan by scan. */
export async function forgetFindings(store: NetscanStore): Promise<void> {
  for (let id = nextScan(store, ''); id !== undefined; id = nextScan(store, id)) {
    if (store.scans.get(id) !== undefined) continue
    const old = store.findings.find({ index: 'byScan', equals: [id], limit: maxAddresses }).items
    const forget = (tx: NetscanTx): void => {
      for (const finding of old) tx.findings.delete(finding.id)
    }
    await store.commit(forget, { label: 'old findings forgotten' })
  }
}

/** The next scan, by its id, that has findings. */
function nextScan(store: NetscanStore, after: string): string | undefined {
  return store.findings.find({ index: 'byScan', gt: after, limit: 1 }).items[0]?.scanId
}
