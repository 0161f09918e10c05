/** A replica over a connection of Socket.IO that a page has anyway: `connect({ url, through: socketIo(socket) })`. */
export { type ClientSocket, socketIo } from './client/socket-io/socket-io-wire.ts'
