import { setImmediate as nextTurn } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../src/client.ts'
import { revisionOf } from '../../src/protocol/commit-text.ts'
import { createHandler } from '../../src/server.ts'
import { collectGarbage } from '../support/collect-garbage.ts'
import { host, openSample, type sample, type Sample } from '../support/sample-state.ts'
import { type FetchHost, hostFetch } from './fetch-host.ts'
import { addHost } from './served.ts'

const actions = { addHost }

interface Mounted {
  readonly store: Sample
  readonly handler: ReturnType<typeof createHandler>
  readonly fetchHost: FetchHost
  readonly url: string
  readonly errors: unknown[]
}

/** A sample behind `handler.fetch`. */
async function mount(): Promise<Mounted> {
  const store = await openSample()
  await store.commit((tx) => tx.hosts.put(host('a')))
  const errors: unknown[] = []
  let port = 0
  const handler = createHandler(store, { actions, port: () => port, onError: (error) => errors.push(error) })
  const fetchHost = await hostFetch((request) => handler.fetch(request))
  port = fetchHost.port
  onTestFinished(() => handler.close())
  return { store, handler, fetchHost, url: `http://127.0.0.1:${port}`, errors }
}

/** What a browser would send along from then on. */
async function signIn({ handler, url }: Mounted): Promise<string> {
  const code = new URL(handler.signInPath(), url).hash.slice(1)
  const headers = { 'content-type': 'application/json', 'holdfast-request': '1' }
  const signedIn = await fetch(`${url}/state/sign-in`, { method: 'POST', headers, body: JSON.stringify({ code }) })
  expect(signedIn.status).toBe(204)
  return signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
}

test('[H1] [X57] [Z8] a host of the Fetch kind serves a replica: sign in, hydrate, follow, call, be cut, resume', async () => {
  const mounted = await mount()
  const { store, handler, fetchHost, url, errors } = mounted
  const refused = connect<typeof sample>({ url: `${url}/state` })
  await expect(refused.ready).rejects.toMatchObject({ code: 'SIGN_IN_NEEDED' })
  refused.close()

  const cookie = await signIn(mounted)
  const asked: string[] = []
  const replica = connect<typeof sample, typeof actions>({
    url: `${url}/state`,
    transport: 'sse',
    fetch: (address, init) => {
      asked.push(new URL(address).pathname)
      return fetch(address, { ...init, headers: { ...(init.headers as Record<string, string>), cookie } })
    },
  })
  onTestFinished(() => replica.close())
  const revisions: (number | undefined)[] = []
  replica.subscribe((commit) => revisions.push(commit?.revision))
  await replica.ready
  expect(replica.hosts.get('a')).toEqual(host('a'))

  await store.commit((tx) => tx.title.set('followed'))
  await replica.settled(store.cursor)
  expect(replica.title.get()).toBe('followed')
  expect(await replica.call('addHost', { address: 'b' })).toBe(2)
  expect(replica.hosts.get('b')).toEqual(host('b'))

  const left = new Promise<void>((resolve) => replica.onStatus(({ state }) => state !== 'live' && resolve()))
  fetchHost.cut()
  await left
  await store.commit((tx) => tx.hosts.delete('a'))
  replica.retry()
  await replica.settled(store.cursor)
  expect(replica.hosts.get('a')).toBeUndefined()
  // It went on from where it was: one snapshot, and each commit once.
  expect(asked.filter((path) => path === '/state/snapshot')).toHaveLength(1)
  expect(revisions).toEqual([undefined, 2, 3, 4])
  expect(handler.streams).toBe(1)
  expect(errors).toEqual([])
})

test('[F3] a host of the Fetch kind tells that a client has gone, also long after its request was collected', async () => {
  const mounted = await mount()
  const { store, handler, url } = mounted
  const cookie = await signIn(mounted)
  const gone = new AbortController()
  const ask = (): Promise<Response> =>
    handler.fetch(new Request(`${url}/state/feed?after=${store.cursor}`, { headers: { cookie }, signal: gone.signal }))
  const response = await ask()
  expect([response.status, handler.streams]).toEqual([200, 1])
  await nextTurn()
  collectGarbage()
  gone.abort()
  await nextTurn()
  expect(handler.streams).toBe(0)
})

test('[F3] a host of the Fetch kind passes on that a client takes nothing, and that it has gone', async () => {
  const mounted = await mount()
  const { store, handler, url } = mounted
  const cookie = await signIn(mounted)
  const response = await fetch(`${url}/state/feed?after=${store.cursor}`, { headers: { cookie } })
  expect(handler.streams).toBe(1)
  for (let n = 0; n < 60; n += 1) await store.commit((tx) => tx.title.set(`${n} ${'x'.repeat(200_000)}`), { durability: 'process' })
  const ids: (string | undefined)[] = []
  const parser = createParser({ onEvent: ({ event, id }) => event === undefined && ids.push(id) })
  const decoder = new TextDecoder()
  for await (const piece of response.body!) {
    parser.feed(decoder.decode(piece as Uint8Array, { stream: true }))
    if (ids.at(-1) === store.cursor) break
  }
  expect(ids.map((id) => revisionOf(id ?? ''))).toEqual(Array.from({ length: 60 }, (_, n) => n + 2))
  while (handler.streams > 0) await nextTurn()
})
