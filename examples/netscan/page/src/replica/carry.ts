/** How the replica gets to the server: what `npm start -- --transport` says, which is built into the page. */
import type { PageTransport } from '../../../transport.ts'
import { type ConnectOptions, tabs } from '../holdfast.ts'

/** Put in place by `build-page.ts`. */
declare const pageTransport: PageTransport

/** All tabs of a browser have one connection together; by Socket.IO each has its own. */
export async function carry(): Promise<Pick<ConnectOptions, 'transport' | 'through'>> {
  if (pageTransport !== 'socket.io') return { transport: pageTransport, through: tabs }
  const { overSocketIo } = await import('./over-socket-io.ts')
  return { through: overSocketIo() }
}
