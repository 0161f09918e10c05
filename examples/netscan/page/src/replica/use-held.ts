/** What several parts of the page show of the replica. */
import { arrangeJobs } from '../../../job-state.ts'
import type { Scan } from '../../../state.ts'
import { useCollection, useStatus } from '../holdfast.ts'
import { useReplica } from './netscan-context.ts'

/** Those under way first, the newest first. */
export function useScans(): readonly Scan[] {
  return useCollection(useReplica().scans, {}, { select: arrangeJobs<Scan> })
}

/** Whether what is shown is what there is. */
export function useIsLive(): boolean {
  return useStatus(useReplica(), ({ state }) => state === 'live')
}

/** Whether there is something to show, be it old. */
export function useHasData(): boolean {
  return useStatus(useReplica(), ({ revision }) => revision !== undefined)
}
