/** Holdfast over Socket.IO: replicas of a store through a server that a program has anyway. */
export { attachSocketIo, type SocketIoOptions } from './server/socket-io/attach-socket-io.ts'
export type { EngineSocket, IoNamespace, IoServer, IoSocket, SendOptions } from './server/socket-io/socket-io-shapes.ts'
