/** A file of its own, so that only a page that goes over Socket.IO loads its client. */
import { io } from 'socket.io-client'
import { type ConnectOptions, socketIo } from '../holdfast.ts'

export function overSocketIo(): ConnectOptions['through'] {
  return socketIo(io('/holdfast'))
}
