/** What an open was asked for, with every default filled in. */
import type { Report } from '../base/report.ts'
import type { HistoryRetention } from '../engine/history/pruner.ts'
import type { Seams } from '../engine/seams.ts'
import type { DriverName } from '../sqlite/driver.ts'
import type { StateDefinition } from '../state/define-state.ts'
import type { GivenByKind } from './bootstrap.ts'
import type { Durability } from '../state/durability.ts'

/** Options of `openStore`, complete. */
export interface Opening {
  readonly seams: Seams
  readonly definition: StateDefinition
  readonly report: Report
  /** What the program was started with: the bootstrap layer of its settings. */
  readonly bootstrap: GivenByKind
  /** Absolute path; undefined for a store in memory. */
  readonly directory: string | undefined
  readonly driver: DriverName
  readonly readOnly: boolean
  readonly durability: Durability
  readonly history: Partial<HistoryRetention>
  readonly deadlineMs: number
  readonly maxCommitBytes: number
  readonly allowUnsafeFilesystem: boolean
}
