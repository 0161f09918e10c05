/** Binding a port (rule G2): it is held from the first moment, never looked at and hoped for. */
import type { Server } from 'node:http'
import * as net from 'node:net'
import { HoldfastError } from '../base/error.ts'

/** Where to listen: on the first port of the range that is free. */
export interface PortRange {
  /** An address of this machine; `127.0.0.1` also takes the same port of `::1`, since `localhost` may mean either. */
  readonly host: string
  readonly from: number
  /** Inclusive. */
  readonly to: number
}

/** A port that is held until it is closed. */
export interface HeldPort {
  readonly port: number
  /** Accepts nothing more, and resolves once no connection is left. */
  close(): Promise<void>
}

/**
 * Binds the server to the first free port of a range, and holds it.
 *
 * A port is free when nobody else listens on it, on `::1` neither where this is about the loopback address. One that this user may not bind is
 * not free.
 *
 * @throws HoldfastError PORTS_TAKEN
 */
export async function listenOnFreePort(server: Server, { host, from, to }: PortRange): Promise<HeldPort> {
  const reasons = new Set<string>()
  for (let port = from; port <= to; port += 1) {
    try {
      return await listenOn(server, host, port)
    } catch (error) {
      reasons.add(codeOf(error))
    }
  }
  const reason = [...reasons].join(', ')
  const ports = from === to ? `Port ${from}` : `Every port from ${from} to ${to}`
  throw new HoldfastError('PORTS_TAKEN', `${ports} of ${host} is taken or refused (${reason}).`, { host, from, to, reason })
}

async function listenOn(server: Server, host: string, port: number): Promise<HeldPort> {
  await listen(server, host, port)
  const bound = (server.address() as net.AddressInfo).port
  try {
    const twin = host === '127.0.0.1' ? await listenOnTwin(server, bound) : undefined
    return { port: bound, close: () => closeBoth(server, twin) }
  } catch (error) {
    await close(server)
    throw error
  }
}

/** The same port of `::1`, its connections given to the same server, and as many; undefined on a machine without IPv6. */
async function listenOnTwin(server: Server, port: number): Promise<net.Server | undefined> {
  const twin = net.createServer({ noDelay: true }, (socket) => server.emit('connection', socket))
  twin.maxConnections = server.maxConnections
  try {
    await listen(twin, '::1', port)
    return twin
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return undefined
    throw error
  }
}

function listen(server: net.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function closeBoth(server: Server, twin: net.Server | undefined): Promise<void> {
  const closed = [close(server), ...(twin === undefined ? [] : [close(twin)])]
  server.closeAllConnections()
  await Promise.all(closed)
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
