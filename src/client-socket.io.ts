/** `holdfast/client` over a connection of Socket.IO that a page has anyway. */
export { type ClientSocket, createSocketIoWire } from './client/socket-io/socket-io-wire.ts'
