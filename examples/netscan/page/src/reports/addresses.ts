import type { ReportFile } from '../../../state.ts'

/** Where the server serves a file, as `artifactAddress` of 'holdfast/server' names it: another address for other bytes. */
export function addressOf({ id, version }: Pick<ReportFile, 'id' | 'version'>): string {
  return `/state/artifact/reportFiles/${id}.${version}`
}
