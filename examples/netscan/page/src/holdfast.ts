// The client as a page imports it; an app of your own says 'holdfast/client', 'holdfast/client/tabs', 'holdfast/client/socket.io' and 'holdfast/react'
// here. From source, so that the example runs before any build.
export { connect, type ConnectOptions, type LogEntry, type ReplicaStatus } from '../../../../src/client.ts'
export { socketIo } from '../../../../src/client-socket-io.ts'
export { tabs } from '../../../../src/client-tabs.ts'
export {
  type CallError,
  createHoldfastContext,
  useAction,
  useCollection,
  useDocument,
  useJob,
  useLog,
  useStatus,
} from '../../../../src/react.ts'
