import { createAddressOrder } from '../addresses.ts'
import { maxAddresses } from '../scan/targets.ts'
import type { NetscanStore } from '../state.ts'
import { UsageError } from '../usage-error.ts'
import type { ReportData } from './report-data.ts'

/** Log lines of a scan that a report repeats; no more are kept. */
const maxLines = 200

/** @throws UsageError when the scan is not there any more, or has looked at nothing yet */
export function collectData(store: NetscanStore, scanId: string): ReportData {
  const scan = store.scans.get(scanId)
  if (scan === undefined) throw new UsageError('The scan is not kept any more.')
  const order = createAddressOrder()
  const findings = store.findings.find({ index: 'byScan', equals: [scanId], limit: maxAddresses }).items
  const { progress } = scan
  if (findings.length === 0 || progress?.plan === undefined) throw new UsageError('The scan has looked at nothing yet.')
  const { id, state, attempt, createdAt, startedAt, endedAt, input } = scan
  return {
    madeAt: Date.now(),
    machine: store.topology.get()?.hostname ?? '',
    scan: {
      ...{ id, target: input.target, state, attempt, createdAt },
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(endedAt === undefined ? {} : { endedAt }),
      ...{ scanner: progress.plan.scanner, ports: progress.plan.ports, done: progress.done, total: progress.total },
    },
    hosts: findings
      .toSorted((a, b) => order(a.address, b.address))
      .map(({ address, names, status, reason, settled, open }) => ({
        ...{ address, names: [...names], status, reason, settled },
        open: open.map((one) => ({ ...one })).toSorted((a, b) => a.port - b.port),
      })),
    lines: store.scans.logs(scanId, { limit: maxLines }).map(({ at, value }) => ({ at, ...value })),
  }
}
