import type { Report } from '../base/report.ts'
import type { Durability } from '../state/durability.ts'
import type { Backend } from './backend.ts'
import type { HistoryRetention } from './history/pruner.ts'
import type { Seams } from './seams.ts'

/** What an engine is made with, complete. */
export interface EngineOptions {
  readonly directory: string
  readonly readOnly: boolean
  readonly durability: Durability
  readonly queueLimit: number
  readonly deadlineMs: number
  readonly maxCommitBytes: number
  readonly retention: HistoryRetention
  readonly seams: Seams
  readonly report: Report
  /** Opens the same store again, with fresh connections. */
  readonly reopen: () => Promise<Backend>
}
