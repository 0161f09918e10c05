/** Asks one TCP port whether somebody listens, by connecting and hanging up. */
import { connect } from 'node:net'

/** `filtered`: no answer came, or only a router's. */
export type PortState = 'open' | 'closed' | 'filtered'

export interface ProbeOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Local port to connect from; the system chooses when absent. */
  readonly localPort?: number
}

/** Refusals are answers; these errors say that none came. Every other error is trouble of this machine, not a finding. */
const silence = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'ECONNABORTED', 'EACCES', 'EPERM'])

/**
 * @throws the reason of `signal` when it aborts, and errors of this machine such as EMFILE
 */
export async function probe(address: string, port: number, { timeoutMs, signal, localPort }: ProbeOptions): Promise<PortState> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<PortState>()
  const socket = connect({ host: address, port, ...(localPort === undefined ? {} : { localPort, localAddress: address }) })
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  socket.setTimeout(timeoutMs, () => resolve('filtered'))
  socket.on('connect', () => resolve(isOwnEcho(socket) ? 'closed' : 'open'))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') resolve('closed')
    else if (silence.has(error.code ?? '')) resolve('filtered')
    else reject(error)
  })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  }
}

/** On loopback the system may connect a probe to itself, when it happens to choose the probed port to connect from. Nobody listens there. */
function isOwnEcho(socket: {
  localPort?: number | undefined
  remotePort?: number | undefined
  localAddress?: string | undefined
  remoteAddress?: string | undefined
}): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress
}
