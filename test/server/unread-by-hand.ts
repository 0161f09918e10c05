/** Clients that speak by hand, ask for what they are told, and take nothing of the answers until they are to. */
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { WebSocket as ProgramSocket } from 'ws'
import type { Everywhere } from './everywhere.ts'

/** A connection of which nothing is read any more. */
export interface Unread {
  /** Reads on; resolves once it sees that the server has ended it. */
  seesEnd(): Promise<unknown>
  /** Says to the server that it is there, where it has to. */
  stir?(): Promise<unknown>
}

/** A connection of Socket.IO. */
export interface ByHand extends Unread {
  /** Says a packet of the namespace. */
  say(packet: string): Promise<void>
  /** Reads no more, by itself. */
  pause(): void
  /** Reads on until everything that was heard has what is looked for. */
  hear(isEnough: (heard: readonly string[]) => boolean): Promise<readonly string[]>
}

/** The packet that asks for an address below the mount. */
export function askFor(id: number, address: string, body?: string): string {
  return `2/holdfast,["holdfast",${id},${JSON.stringify(address)}${body === undefined ? '' : `,${body}`}]`
}

export const byHand = {
  async websocket({ port, token }: Everywhere): Promise<ByHand> {
    const headers = { authorization: `Bearer ${token}` }
    const socket = new ProgramSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { headers })
    onTestFinished(() => socket.terminate())
    const heard: string[] = []
    await once(socket, 'message')
    socket.send('40/holdfast,')
    await once(socket, 'message')
    socket.on('message', (bytes: Buffer) => heard.push(bytes.toString()))
    return {
      say: async (packet) => socket.send(`4${packet}`),
      pause: () => socket.pause(),
      async hear(isEnough) {
        socket.resume()
        while (!isEnough(heard)) await once(socket, 'message')
        return heard
      },
      async seesEnd() {
        socket.resume()
        await once(socket, 'close')
      },
    }
  },
  async polling({ url, token }: Everywhere): Promise<ByHand> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' }
    const at = `${url}/socket.io/?EIO=4&transport=polling`
    const { sid } = JSON.parse((await (await fetch(at, { headers })).text()).slice(1)) as { readonly sid: string }
    const say = async (packet: string): Promise<void> => {
      await (await fetch(`${at}&sid=${sid}`, { method: 'POST', headers, body: `4${packet}` })).text()
    }
    const poll = (): Promise<Response> => fetch(`${at}&sid=${sid}`, { headers })
    const heard: string[] = []
    await say('0/holdfast,')
    await (await poll()).text()
    return {
      say,
      pause: () => undefined,
      async hear(isEnough) {
        while (!isEnough(heard)) heard.push(...(await (await poll()).text()).split('\u001e'))
        return heard
      },
      // A connection that is over is one that nobody knows.
      seesEnd: () => expect.poll(async () => (await poll()).status).toBe(400),
    }
  },
}

async function askOverIo(hand: ByHand, addresses: readonly string[]): Promise<Unread> {
  const [first = '', ...others] = addresses
  await hand.say(askFor(1, first))
  await hand.hear((heard) => heard.length > 0)
  hand.pause()
  for (const [at, address] of others.entries()) await hand.say(askFor(at + 2, address))
  return hand
}

/** Each asks for addresses below the mount, and reads no more than the beginning of the first answer. */
export const unreadBy = {
  /** One address. */
  async sse({ port, token }: Everywhere, [address = '']: readonly string[]): Promise<Unread> {
    const socket = connectSocket({ port, host: '127.0.0.1' })
    // What is not read when the other side breaks it is an error.
    socket.on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    socket.write(`GET /state/${address} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`)
    await once(socket, 'readable')
    return { seesEnd: () => once(socket.resume(), 'close') }
  },
  /** One address. */
  async websocket({ port, token, connections }: Everywhere, [address = '']: readonly string[]): Promise<Unread> {
    const others = new Set(connections)
    const socket = new ProgramSocket(`ws://127.0.0.1:${port}/state/${address}`, ['holdfast.1', `bearer.${token}`])
    onTestFinished(() => socket.terminate())
    await once(socket, 'message')
    socket.pause()
    const [itsOther] = [...connections].filter((connection) => !others.has(connection))
    return {
      stir() {
        const heard = once(itsOther!, 'data')
        socket.pong()
        return heard
      },
      async seesEnd() {
        socket.resume()
        await once(socket, 'close')
      },
    }
  },
  'socket.io by websocket': async (place: Everywhere, addresses: readonly string[]) => askOverIo(await byHand.websocket(place), addresses),
  'socket.io by polling': async (place: Everywhere, addresses: readonly string[]) => askOverIo(await byHand.polling(place), addresses),
}

/** What is looked at of Engine.IO. */
interface Engine {
  readonly clients: { readonly [id: string]: { readonly writeBuffer: readonly { readonly data?: string }[] } }
}

/** Bytes that wait in this process for each client: in its connection, or in Engine.IO before it. */
export function heldFor({ connections, io }: Everywhere): ReadonlyMap<object, number> {
  const { clients } = io.engine as unknown as Engine
  const engines = Object.values(clients)
  return new Map<object, number>([
    ...[...connections].map((connection) => [connection, connection.writableLength] as const),
    ...engines.map((engine) => [engine, engine.writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0)] as const),
  ])
}
