import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket as ProgramSocket } from 'ws'
import { everything } from '../server/everything.ts'
import { type Carrier, Everywhere } from '../server/everywhere.ts'
import { openState } from '../support/open-state.ts'

const capBytes = 1024 * 1024
const commitBytes = 64 * 1024
const pausedCount = 8
const followerCount = 4

/** More than the kernel keeps for a connection, and the cap; who polls has nothing in the kernel. */
const commitsFor = (carrier: Carrier): number => (carrier === 'socket.io by polling' ? 40 : 250)

const ask = (after: string): string => `42/holdfast,["holdfast",1,"feed?after=${after}"]`

/** Clients that ask for the feed, are let in, and take nothing of it from then on; they speak by hand. */
const pauses = {
  async sse({ port, token }: Everywhere, after: string): Promise<void> {
    const socket = connectSocket({ port, host: '127.0.0.1' })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    socket.write(`GET /state/feed?after=${after} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`)
    // The head of the answer says that the stream is open.
    await once(socket, 'readable')
  },
  async websocket({ port, token }: Everywhere, after: string): Promise<void> {
    const socket = new ProgramSocket(`ws://127.0.0.1:${port}/state/feed?after=${after}`, ['holdfast.1', `bearer.${token}`])
    onTestFinished(() => socket.terminate())
    await once(socket, 'message')
    socket.pause()
  },
  async 'socket.io by websocket'({ port, token }: Everywhere, after: string): Promise<void> {
    const headers = { authorization: `Bearer ${token}` }
    const socket = new ProgramSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { headers })
    onTestFinished(() => socket.terminate())
    await once(socket, 'message')
    socket.send('40/holdfast,')
    await once(socket, 'message')
    socket.send(ask(after))
    await once(socket, 'message')
    socket.pause()
  },
  async 'socket.io by polling'({ url, token }: Everywhere, after: string): Promise<void> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' }
    const at = `${url}/socket.io/?EIO=4&transport=polling`
    const { sid } = JSON.parse((await (await fetch(at, { headers })).text()).slice(1)) as { readonly sid: string }
    const say = (body: string): Promise<Response> => fetch(`${at}&sid=${sid}`, { method: 'POST', headers, body })
    await say('40/holdfast,')
    await fetch(`${at}&sid=${sid}`, { headers })
    await say(ask(after))
    await fetch(`${at}&sid=${sid}`, { headers })
  },
}

/** What is looked at of Engine.IO. */
interface Engine {
  readonly clients: { readonly [id: string]: { readonly writeBuffer: readonly { readonly data?: string }[] } }
}

/** Bytes that wait in this process for each client: in its connection, or in Engine.IO before it. */
function heldFor({ connections, io }: Everywhere): ReadonlyMap<object, number> {
  const { clients } = io.engine as unknown as Engine
  const engines = Object.values(clients)
  return new Map<object, number>([
    ...[...connections].map((connection) => [connection, connection.writableLength] as const),
    ...engines.map((engine) => [engine, engine.writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0)] as const),
  ])
}

test.each(Object.keys(pauses) as (keyof typeof pauses)[])(
  '[F3] [X36] clients by %s that are paused cost their cap at most, and the others get every commit as before',
  { timeout: 90_000 },
  async (carrier) => {
    const store = await openState(everything)
    const commits = commitsFor(carrier)
    await store.commit((tx) => tx.title.set('begin'))
    const place = await Everywhere.serve(store)
    const replicas = Array.from({ length: followerCount }, () => place.follow(carrier).replica)
    await Promise.all(replicas.map((replica) => replica.settled(store.cursor)))
    let seen = 0
    for (const replica of replicas) replica.title.subscribe(() => (seen += 1))
    const others = new Set(heldFor(place).keys())
    await Promise.all(Array.from({ length: pausedCount }, () => pauses[carrier](place, store.cursor)))
    let most = 0
    for (let count = 0; count < commits; count += 1) {
      await store.commit((tx) => tx.title.set(`${count} ${'x'.repeat(commitBytes)}`))
      await Promise.all(replicas.map((replica) => replica.settled(store.cursor)))
      for (const [client, held] of heldFor(place)) if (!others.has(client)) most = Math.max(most, held)
    }
    process.stdout.write(`${pausedCount} clients by ${carrier} that are paused: ${most} bytes each at most\n`)
    expect(seen).toBe(commits * followerCount)
    // They were full, so that the cap was what held.
    expect(most).toBeGreaterThan(capBytes / 2)
    expect(most).toBeLessThanOrEqual(capBytes + 2 * commitBytes)
  },
)
