import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isHoldfastError, openStore, type PutOptions } from '../../src/index.ts'
import { artifactAddress, artifactResponse } from '../../src/server.ts'
import { hashOf } from '../artifacts/on-disk.ts'
import { shelf } from '../artifacts/sample-artifacts.ts'
import { SeededRandom } from '../harness/seeded-random.ts'
import type { Shelf } from '../artifacts/shelf.ts'

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

let directory = ''
let store: Shelf
/** A server of artifacts and nothing else, over plain `node:http`. */
const server = createServer((incoming, outgoing) => {
  const address = decodeURIComponent((incoming.url ?? '').slice(1))
  artifactResponse(store.reports, address, incoming.headers, { method: incoming.method ?? '' }).then(
    ({ status, headers, body }) => {
      outgoing.writeHead(status, headers)
      if (body === undefined) outgoing.end()
      else body.on('error', () => outgoing.destroy()).pipe(outgoing)
    },
    (error: unknown) => {
      outgoing.writeHead(isHoldfastError(error) ? error.traits.httpStatus : 500)
      outgoing.end(isHoldfastError(error) ? error.code : String(error))
    },
  )
})

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'served-'))
  store = await openStore(shelf, { directory })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  await store.close()
  rmSync(directory, { recursive: true })
})

function ask(address: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path: `/${encodeURIComponent(address)}`, method, headers, agent: false },
      (incoming) => {
        let text = ''
        incoming
          .setEncoding('latin1')
          .on('data', (chunk: string) => (text += chunk))
          .on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }))
          .on('error', reject)
      },
    )
    asked.on('error', reject).end()
  })
}

async function put(text: string, options: PutOptions = {}): Promise<string> {
  return (await store.reports.put(Buffer.from(text), { title: 'a' }, options)).id
}

const fileOf = (hash: string): string => join(directory, 'artifacts', hash.slice(0, 2), hash)

describe('an artifact that is served', () => {
  test('[A4] is an attachment in a sandbox, by an id that says nothing', async () => {
    const id = await put('hello', { name: 'hello.txt', type: 'text/plain; charset=utf-8' })
    const { status, headers, text } = await ask(id)
    expect([status, text]).toEqual([200, 'hello'])
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="hello.txt"; filename*=UTF-8''hello.txt`,
      'content-length': '5',
      'accept-ranges': 'bytes',
      etag: `"${store.reports.get(id)?.hash}"`,
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
    })
    for (const address of ['nobody', '', '../store.db', 'reports', '__proto__', 'constructor', `${id}/..`, 'a'.repeat(5000)])
      expect((await ask(address)).status, address).toBe(404)
  })

  test('[A4] [Z15] runs no script, whatever it is: pages and drawings travel as bytes', async () => {
    const active = [
      'text/html',
      'TEXT/HTML; charset=utf-8',
      'image/svg+xml',
      'application/xhtml+xml',
      'text/xml',
      'application/xml',
      'application/pdf',
      'text/javascript',
      'multipart/x-mixed-replace',
      'text/plain2',
    ]
    for (const type of active) {
      const { headers } = await ask(await put('<script>alert(1)</script>', { type, name: 'page.html' }))
      expect(headers['content-type'], type).toBe('application/octet-stream')
      expect(headers['content-disposition'], type).toMatch(/^attachment;/)
      expect(headers['content-security-policy'], type).toContain('sandbox')
    }
    for (const type of ['image/png', 'application/json', 'text/csv'])
      expect((await ask(await put('a', { type }))).headers['content-type']).toBe(type)
  })

  test('[A4] [Z13] a hostile name ends no header and is no path', async () => {
    const names: [string, string][] = [
      [
        '"; filename=evil.html; x="',
        `attachment; filename="__ filename=evil.html_ x=_"; filename*=UTF-8''%22%3B%20filename%3Devil.html%3B%20x%3D%22`,
      ],
      ['ünï — €.txt', `attachment; filename="_n_ _ _.txt"; filename*=UTF-8''%C3%BCn%C3%AF%20%E2%80%94%20%E2%82%AC.txt`],
      ["it's (1)*.txt", `attachment; filename="it's (1)*.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`],
      ['...', `attachment; filename="_"; filename*=UTF-8''_`],
      ['%2e%2e%2fup', `attachment; filename="_2e_2e_2fup"; filename*=UTF-8''%252e%252e%252fup`],
      ['a\u202egnp.exe', `attachment; filename="a_gnp.exe"; filename*=UTF-8''a_gnp.exe`],
    ]
    for (const [name, expected] of names) {
      const { status, headers } = await ask(await put('a', { name }))
      expect([status, headers['content-disposition']], name).toEqual([200, expected])
    }
    const long = await ask(await put('a', { name: '😀'.repeat(127) }))
    expect(long.status).toBe(200)
    // What only a migration or a damaged store can hold.
    const record = {
      id: 'x',
      hash: 'a'.repeat(64),
      bytes: 1,
      name: '../../a\r\nset-cookie: b',
      type: 'text/plain;\r\nx: y',
      meta: {},
      version: 1,
      createdAt: 0,
    }
    const artifacts = { get: () => record, open: () => Promise.reject(new Error('not asked for')) }
    const { headers } = await artifactResponse(artifacts, 'x', {}, { method: 'HEAD' })
    expect(Object.values(headers).join('\n')).not.toContain('\r')
    expect(headers['content-disposition']).toBe(`attachment; filename="__.._a__set-cookie: b"; filename*=UTF-8''__.._a__set-cookie%3A%20b`)
    expect(headers['content-type']).toBe('application/octet-stream')
  })

  test('[A4] [Z13] is found by its id alone: no other text leads to a file', async () => {
    const id = await put('a')
    const random = new SeededRandom('traversal')
    const parts = [
      '..',
      '.',
      '/',
      '\\',
      '%2e',
      '%2f',
      '%5c',
      '%00',
      '\0',
      '%c0%ae',
      '::$DATA',
      'CON',
      'tmp',
      'store.db',
      hashOf('a'),
      'a1',
      '~',
      id,
    ]
    for (let n = 0; n < 5000; n += 1) {
      const address = Array.from({ length: 2 + random.below(6) }, () => random.pick(parts)).join('')
      await expect(artifactResponse(store.reports, address, {}), address).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    }
  })

  test('[A4] is given in ranges', async () => {
    const id = await put('0123456789')
    const etag = `"${store.reports.get(id)?.hash}"`
    const cases: [Record<string, string>, number, string, string | undefined][] = [
      [{ range: 'bytes=2-4' }, 206, '234', 'bytes 2-4/10'],
      [{ range: 'bytes=7-' }, 206, '789', 'bytes 7-9/10'],
      [{ range: 'bytes=-3' }, 206, '789', 'bytes 7-9/10'],
      [{ range: 'bytes=-300' }, 206, '0123456789', 'bytes 0-9/10'],
      [{ range: 'bytes=2-999' }, 206, '23456789', 'bytes 2-9/10'],
      [{ range: 'bytes=10-' }, 416, '', 'bytes */10'],
      [{ range: 'bytes=-0' }, 416, '', 'bytes */10'],
      [{ range: 'bytes=4-2' }, 200, '0123456789', undefined],
      [{ range: 'bytes=0-1,3-4' }, 200, '0123456789', undefined],
      [{ range: 'lines=0-1' }, 200, '0123456789', undefined],
      [{ range: 'bytes=-' }, 200, '0123456789', undefined],
      [{ range: `bytes=${'9'.repeat(400)}-` }, 200, '0123456789', undefined],
      [{ range: 'bytes=2-4', 'if-range': etag }, 206, '234', 'bytes 2-4/10'],
      [{ range: 'bytes=2-4', 'if-range': '"other"' }, 200, '0123456789', undefined],
    ]
    for (const [headers, status, text, contentRange] of cases) {
      const reply = await ask(id, headers)
      expect([reply.status, reply.text, reply.headers['content-range']], JSON.stringify(headers)).toEqual([status, text, contentRange])
      expect(reply.headers['content-length']).toBe(String(text.length))
    }
    const empty = await put('')
    expect((await ask(empty, { range: 'bytes=0-' })).status).toBe(416)
    expect(await ask(empty)).toMatchObject({ status: 200, text: '' })
  })

  test('[A4] is not sent again to who has it, nor to who only asks about it', async () => {
    const id = await put('hello')
    const etag = `"${store.reports.get(id)?.hash}"`
    for (const tag of [etag, `W/${etag}`, `"a", ${etag}`, '*']) {
      const { status, text, headers } = await ask(id, { 'if-none-match': tag })
      expect([status, text, headers.etag], tag).toEqual([304, '', etag])
    }
    expect((await ask(id, { 'if-none-match': '"other"' })).status).toBe(200)
    const head = await ask(id, { range: 'bytes=0-1' }, 'HEAD')
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', '5'])
  })

  test('[A4] [X55] has another address when its bytes are replaced, and the old one is gone', async () => {
    const first = await store.reports.put(Buffer.from('one'), { title: 'a' })
    const address = artifactAddress(first)
    const { status, headers } = await ask(address)
    expect([status, headers['cache-control']]).toEqual([200, 'private, max-age=604800, immutable'])
    const second = await store.reports.put(Buffer.from('two'), { title: 'a' }, { replace: first.id })
    expect(artifactAddress(second)).not.toBe(address)
    expect(await ask(address)).toMatchObject({ status: 404, text: 'ARTIFACT_MISSING' })
    expect(await ask(artifactAddress(second))).toMatchObject({ status: 200, text: 'two' })
  })

  test('[A3] [X55] whose file is gone or damaged is an error, and never a part that passes for whole', async () => {
    const gone = await put('gone')
    const hash = store.reports.get(gone)?.hash ?? ''
    rmSync(fileOf(hash))
    expect(await ask(gone)).toMatchObject({ status: 404, text: 'ARTIFACT_MISSING' })
    const damaged = await put('whole')
    const file = fileOf(store.reports.get(damaged)?.hash ?? '')
    writeFileSync(file, 'other')
    await expect(ask(damaged)).rejects.toThrow()
    writeFileSync(file, 'cut')
    expect(await ask(damaged)).toMatchObject({ status: 500, text: 'ARTIFACT_CORRUPT' })
  })

  test('takes the headers of a Request as well', async () => {
    const id = await put('0123456789')
    const { status, body } = await artifactResponse(store.reports, id, new Headers({ range: 'bytes=1-2' }))
    expect(status).toBe(206)
    body?.destroy()
  })
})
