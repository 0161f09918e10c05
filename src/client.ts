/** Holdfast's client: a copy of a served state in a page or another process, kept in step. */
export { connect, type ConnectOptions, type Through } from './client/connect.ts'
export type { ReplicaSeams } from './client/create-replica.ts'
export type {
  CollectionOnServer,
  CollectionReplica,
  DocumentReplica,
  HandleOf,
  LogOnServer,
  LogReplica,
  SettingsReplica,
  Subscribable,
} from './client/handles.ts'
export { ReplicaError } from './client/replica-error.ts'
export type { CallableAction, CallOptions, ChosenKinds, Replica, ReplicaMethods, SettledOptions, VisibleKind } from './client/replica.ts'
export type { ServerPage } from './client/server-reads.ts'
export type { Transport } from './client/sync/ladder.ts'
export type { ReplicaState, ReplicaStatus } from './client/sync/status.ts'
export type { ReplicaChange, ReplicaCommit } from './protocol/commit-text.ts'
export type { Artifact, ArtifactIndexes } from './state/artifacts-kind.ts'
export type { Kinds, StateDefinition } from './state/define-state.ts'
export type { Entry, LogEntry } from './state/entry.ts'
export type { Frozen } from './state/frozen.ts'
export type { Job, JobIndexes } from './state/job.ts'
export type { JobTypes, StoredJob } from './state/jobs-kind.ts'
export type { CollectionQuery, LogQuery, Page } from './state/query.ts'
export type { Settings, SettingValue } from './state/settings-kind.ts'
