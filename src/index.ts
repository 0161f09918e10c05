/** Holdfast: the running state of a local program, kept in one directory and in step everywhere. */
export { HoldfastError, isHoldfastError } from './base/error.ts'
export type { ErrorCode, ErrorDetails, ErrorTraits } from './base/error-codes.ts'
export type { Report, ReportEvent } from './base/report.ts'
export type { CommitOptions, CommitResult } from './engine/commit/commit-request.ts'
export type { HistoryRetention } from './engine/history/pruner.ts'
export type { SnapshotRecord } from './engine/records/record-snapshot.ts'
export type { Expectation } from './engine/records/record-set.ts'
export type { KindSnapshot, Snapshot } from './engine/snapshot/snapshot.ts'
export type { ByteSource } from './kinds/artifacts/byte-source.ts'
export type { ArtifactLinks, PutOptions } from './kinds/artifacts/put-options.ts'
export type { ArtifactState, ByteRange } from './kinds/artifacts/reading.ts'
export type { Artifacts, ArtifactsReads } from './kinds/artifacts/reads.ts'
export type { PutProgress } from './kinds/artifacts/receive.ts'
export type { StagedArtifact } from './kinds/artifacts/staged.ts'
export type { Swept } from './kinds/artifacts/sweeper.ts'
export type { ArtifactChanges, ArtifactsTx } from './kinds/artifacts/tx.ts'
export type { DelayedWrites } from './kinds/collection/delayed.ts'
export type { CollectionReads } from './kinds/collection/reads.ts'
export type { CollectionTx } from './kinds/collection/tx.ts'
export type { DelayedSet } from './kinds/document/delayed.ts'
export type { DocumentReads } from './kinds/document/reads.ts'
export type { DocumentTx } from './kinds/document/tx.ts'
export type { EnqueueOptions } from './kinds/jobs/enqueue-options.ts'
export { NonRetryableError } from './kinds/jobs/non-retryable-error.ts'
export type { JobContext, JobHandler, JobLine, JobsReads, JobWorker, WorkOptions } from './kinds/jobs/reads.ts'
export type { PauseOptions } from './kinds/jobs/pause.ts'
export type { Enqueued } from './kinds/jobs/transitions.ts'
export type { JobsTx, JobSummary } from './kinds/jobs/tx.ts'
export type { LogReads } from './kinds/log/reads.ts'
export type { LogTx } from './kinds/log/tx.ts'
export type { NewSession, RotatedSession, SessionInfo, SessionOptions, SessionsReads, SignIn } from './kinds/sessions/reads.ts'
export type { Session } from './kinds/sessions/session.ts'
export type { SessionsTx } from './kinds/sessions/tx.ts'
export type { SettingExplanation, SettingLayer } from './kinds/settings/explain.ts'
export type { BootstrapSources } from './kinds/settings/given.ts'
export type { SettingsReads, SettingsWatcher } from './kinds/settings/reads.ts'
export type { SettingsTx } from './kinds/settings/tx.ts'
export type { DriverName } from './sqlite/driver.ts'
export type { AppendChange, Change, Commit, DeleteChange, PutChange, TrimChange } from './state/change.ts'
export { type Artifact, type ArtifactIndexes, artifacts, type ArtifactsKind } from './state/artifacts-kind.ts'
export { collection, type CollectionKind, type CollectionOptions } from './state/collection-kind.ts'
export { defineState, type Kind, type Kinds, type StateDefinition } from './state/define-state.ts'
export { document, type DocumentKind } from './state/document-kind.ts'
export type { Durability, KindDurability } from './state/durability.ts'
export type { Entry, LogEntry } from './state/entry.ts'
export type { Frozen } from './state/frozen.ts'
export type { FeedMode, KindOptions } from './state/kind.ts'
export type { Job, JobChildError, JobError, JobIndexes, JobReason, JobState } from './state/job.ts'
export {
  type JobRetention,
  jobs,
  type JobsKind,
  type JobsOptions,
  type JobTypes,
  type Schedule,
  type StoredJob,
} from './state/jobs-kind.ts'
export { log, type LogKind, type LogOptions, type LogRetention } from './state/log-kind.ts'
export type { Migration, MigrationTx, UntypedEntry, UntypedKind } from './state/migration.ts'
export type { CollectionQuery, LogQuery, Page } from './state/query.ts'
export type { QueueState, WithQueues } from './state/queue-state.ts'
export { sessions, type SessionsKind, type SessionsOptions } from './state/sessions-kind.ts'
export {
  type Setting,
  setting,
  type SettingOptions,
  type Settings,
  settings,
  type SettingsFeed,
  type SettingsKind,
  type SettingValue,
} from './state/settings-kind.ts'
export type { StandardSchemaV1 } from './state/standard-schema.ts'
export { type Closable, closeOnSignals, type CloseOnSignalsOptions } from './store/close-on-signals.ts'
export type { RefusedWrite } from './engine/delayed/pending-records.ts'
export type { Health } from './store/health.ts'
export type { Bootstrap } from './store/bootstrap.ts'
export { openStore, type StoreOptions } from './store/open-store.ts'
export type { CommitOf, CommitOfKinds, FollowOptions, Lookup, Origin, Store, StoreMethods, StoreOf, Tx, TxOfKinds } from './store/store.ts'
