/** What a session is told by its harness. */
import type { DriverName } from '../../../src/index.ts'

export interface SessionSetup {
  readonly directory: string
  readonly driver: DriverName
  readonly version: number
  readonly life: number
}

/** Commits that the history keeps, so that a session prunes. */
export const keptCommits = 6
