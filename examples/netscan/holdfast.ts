// The library as a user imports it; an app of your own says 'holdfast' here. From source, so that the example runs before any build.
export {
  artifacts,
  closeOnSignals,
  collection,
  defineState,
  document,
  isHoldfastError,
  jobs,
  log,
  NonRetryableError,
  openStore,
} from '../../src/index.ts'
export type { Artifact, CommitOf, Frozen, Job, JobWorker, Migration, MigrationTx, Store } from '../../src/index.ts'
export { action, refuseAction, serve } from '../../src/server.ts'
export type { HoldfastServer } from '../../src/server.ts'
export { attachSocketIo } from '../../src/socket-io.ts'
