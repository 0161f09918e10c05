/** How the replica gets to the server: what `npm start -- --transport` says, which is built into the page. */
import type { PageTransport } from '../../../transport.ts'
import { type ConnectOptions, tabs } from '../holdfast.ts'

/** Put in place by `build-page.ts`. */
declare const pageTransport: PageTransport

/** Of a stream all tabs of a browser have one together. A poll tells nothing before it ends, and Socket.IO has a connection for each page anyway. */
export async function carry(): Promise<Pick<ConnectOptions, 'transport' | 'through'>> {
  if (pageTransport === 'long-poll' || pageTransport === 'poll') return { transport: pageTransport }
  if (pageTransport !== 'socket.io') return { transport: pageTransport, through: tabs }
  const { overSocketIo } = await import('./over-socket-io.ts')
  return { through: overSocketIo() }
}
