import { readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { artifactAddress, createHandler } from '../../src/server.ts'
import { hashOf } from '../artifacts/on-disk.ts'
import { hostFetch } from './fetch-host.ts'
import { bearer, type Club, type ServedClub, serveClub } from './served-club.ts'

const data = { role: 'member' }
const large = Buffer.alloc(32 * 1024 * 1024, 'holdfast')

/** Both ways that a handler is mounted. */
const mounts: readonly [string, (served: ServedClub, onError: (error: unknown) => void) => Promise<number>][] = [
  ['node:http', async ({ server }) => server.port],
  [
    'a host of the Fetch kind',
    async ({ store }, onError) => {
      let port = 0
      const handler = createHandler(store, { port: () => port, onError })
      port = (await hostFetch((asked) => handler.fetch(asked))).port
      return port
    },
  ],
]

interface Mounted {
  readonly store: Club
  readonly token: string
  readonly errors: unknown[]
  ask(address: string, headers?: Record<string, string>, method?: string): Promise<IncomingMessage>
}

async function mount(place: (typeof mounts)[number][1]): Promise<Mounted> {
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const served = await serveClub({ onError })
  const port = await place(served, onError)
  const { store, token } = served
  const ask: Mounted['ask'] = async (address, headers = {}, method = 'GET') => {
    const path = `/state/artifact/${address}`
    const asked = request({ host: '127.0.0.1', port, path, method, headers: { ...bearer(token), ...headers }, agent: false })
    onTestFinished(() => void asked.destroy())
    const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage]
    return answer
  }
  return { store, token, errors, ask }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of answer.setEncoding('latin1')) text += piece as string
  return text
}

/** How many descriptors of files of artifacts this process has. */
function openFiles({ directory }: Club): number {
  const artifacts = join(directory, 'artifacts')
  const links = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      // The descriptor by which the directory was read.
      return ''
    }
  })
  return links.filter((link) => link.startsWith(artifacts) && !link.endsWith('.life')).length
}

test.each(mounts)('[A4] an artifact has an address, and all of the protocol over %s', async (_, place) => {
  const { store, ask, errors } = await mount(place)
  const artifact = await store.files.put(Buffer.from('0123456789'), {}, { name: 'ten.txt', type: 'text/plain' })
  const whole = await ask(`files/${artifact.id}`)
  expect(whole.headers).toMatchObject({
    'content-type': 'text/plain',
    'content-length': '10',
    'content-disposition': `attachment; filename="ten.txt"; filename*=UTF-8''ten.txt`,
    'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
    etag: `"${artifact.hash}"`,
    vary: 'Origin',
  })
  expect([whole.statusCode, await textOf(whole)]).toEqual([200, '0123456789'])
  const cases: [string, Record<string, string>, string, number, string][] = [
    [artifact.id, { range: 'bytes=2-4' }, 'GET', 206, '234'],
    [artifact.id, { range: 'bytes=10-' }, 'GET', 416, ''],
    [artifact.id, { 'if-none-match': `"${artifact.hash}"` }, 'GET', 304, ''],
    [artifact.id, {}, 'HEAD', 200, ''],
    [artifactAddress(artifact), {}, 'GET', 200, '0123456789'],
  ]
  for (const [address, headers, method, status, text] of cases) {
    const answer = await ask(`files/${address}`, headers, method)
    expect([answer.statusCode, await textOf(answer)], `${method} ${JSON.stringify(headers)}`).toEqual([status, text])
  }
  expect((await ask(`files/${artifact.id}`, {}, 'HEAD')).headers['content-length']).toBe('10')
  const hidden = await store.hidden.put(Buffer.from('not for clients'), {})
  for (const [address, code] of [
    ['files/nobody', 'ARTIFACT_MISSING'],
    [`files/${artifact.id}.2`, 'ARTIFACT_MISSING'],
    [`hidden/${hidden.id}`, 'ROUTE_UNKNOWN'],
    [`title/${artifact.id}`, 'ROUTE_UNKNOWN'],
    [`constructor/${artifact.id}`, 'ROUTE_UNKNOWN'],
    ['files', 'ROUTE_UNKNOWN'],
  ] as const) {
    const answer = await ask(address)
    expect([address, answer.statusCode, JSON.parse(await textOf(answer))]).toMatchObject([address, 404, { code }])
  }
  expect(openFiles(store)).toBe(0)
  expect(errors).toEqual([])
})

const leaving = process.platform === 'linux' ? mounts : []

test.each(leaving)('[A4] a client that leaves over %s leaves no file open, and neither does a session that ends', async (_, place) => {
  const { store, ask, errors } = await mount(place)
  const { id } = await store.files.put(large, {})
  const { id: sessionId, token } = await store.members.create({ user: 'ada', data })
  const one = await ask(`files/${id}`)
  const other = await ask(`files/${id}`, bearer(token))
  await Promise.all([once(one, 'readable'), once(other, 'readable')])
  expect(openFiles(store)).toBe(2)
  const broken = once(other, 'error')
  await store.members.revoke(sessionId)
  other.resume()
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
  one.destroy()
  await expect.poll(() => openFiles(store), { timeout: 5000 }).toBe(0)
  expect(errors).toEqual([])
})

test.each(mounts)('[A4] bytes that turn out to be others break the connection over %s, and are reported', async (_, place) => {
  const { store, ask, errors } = await mount(place)
  const { id } = await store.files.put(large, {})
  const hash = hashOf(large)
  const file = join(store.directory, 'artifacts', hash.slice(0, 2), hash)
  truncateSync(file, 0)
  writeFileSync(file, Buffer.alloc(large.byteLength, 'x'))
  const answer = await ask(`files/${id}`)
  const broken = once(answer, 'error')
  answer.resume()
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
  expect(errors).toMatchObject([{ code: 'ARTIFACT_CORRUPT' }])
})
