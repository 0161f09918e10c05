import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { connect, type ReplicaStatus } from '../../src/client.ts'
import { host, type sample } from '../support/sample-state.ts'
import type { club } from './club.ts'
import { serveClub } from './served-club.ts'
import { type addHost, serveSample } from './served.ts'

interface Actions {
  readonly addHost: typeof addHost
}

test('[H2] [X10] a replica follows by a WebSocket, calls, and takes the next transport of its ladder where there is none', async () => {
  const served = await serveSample({ WebSocketServer })
  const plain = await serveSample()
  for (const { server, token, store } of [served, plain]) {
    const url = `${server.url}/state/`
    const replica = connect<typeof sample, Actions>({ url, token, transport: ['websocket', 'auto'] })
    onTestFinished(() => replica.close())
    const live = new Promise<ReplicaStatus>((resolve) => replica.onStatus((status) => status.state === 'live' && resolve(status)))
    expect(await live).toMatchObject({ transport: store === served.store ? 'websocket' : 'sse' })
    await store.commit((tx) => tx.hosts.put(host('ü')))
    await replica.settled(store.cursor)
    expect(await replica.call('addHost', { address: 'b' })).toBe(2)
    expect(replica.hosts.find().items).toEqual([host('b'), host('ü')])
  }
})

test('[E1] [H2] a replica that follows by WebSocket alone is refused when its session is over, and told so', async () => {
  const { store, server } = await serveClub({ WebSocketServer })
  const { id, token } = await store.members.create({ user: 'ada', data: { role: 'member' } })
  const replica = connect<typeof club>({ url: `${server.url}/state`, token, transport: 'websocket' })
  onTestFinished(() => replica.close())
  await replica.ready
  await expect.poll(() => replica.status.state).toBe('live')
  const refused = new Promise((resolve) => replica.onStatus(({ state, error }) => state === 'refused' && resolve(error?.code)))
  await store.members.revoke(id)
  expect(await refused).toBe('UNAUTHENTICATED')
})
