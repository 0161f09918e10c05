// The library as a user imports it; an app of your own says 'holdfast' here. From source, so that the example runs before any build.
export { closeOnSignals, collection, defineState, document, isHoldfastError, log, openStore } from '../../src/index.ts'
export type { CommitOf, Frozen, Store } from '../../src/index.ts'
export { action, serve } from '../../src/server.ts'
export type { HoldfastServer } from '../../src/server.ts'
