/** Addresses that try to lead out of where artifacts lie, asked of a server whose opening of files is watched. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { hashOf } from '../artifacts/on-disk.ts'
import { SeededRandom } from '../harness/seeded-random.ts'
import { hasStrace } from '../support/privileges.ts'
import { Program } from '../support/program.ts'
import { attach } from '../support/strace.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { ClubCalls } from './club-program.ts'
import { bearer } from './served-club.ts'
import { freePort } from './served.ts'

const dots = [
  '..',
  '.',
  '%2e%2e',
  '%2E.',
  '%252e%252e',
  '%25252e%25252e',
  '%c0%ae%c0%ae',
  '%e0%80%ae%e0%80%ae',
  '%uff0e%uff0e',
  '..;',
  '...',
  '. .',
]
const slashes = ['/', '//', '\\', '%2f', '%5c', '%252f', '%255c', '%c0%af', '%c1%9c', '%e0%80%af', '%f0%80%80%af', ';/']
const ends = ['%00', '%2500', '::$DATA', ':$I30:$INDEX_ALLOCATION', '~1', '.', '%20', '?raw??', '#x', '%0d%0a', '\u00c0\u00ae']
const targets = [
  'etc/passwd',
  'store.db',
  'token',
  'CON',
  'NUL',
  'aux.txt',
  'C:%5cwindows%5cwin.ini',
  'PROGRA~1',
  'proc/self/environ',
  'file:///etc/passwd',
]

/** Each way to write "up" with each way to write what stands between, before each target, and chance besides. */
function corpus(id: string): readonly string[] {
  const random = new SeededRandom('traversal/route')
  const ups = dots.flatMap((up) => slashes.map((slash) => `${up}${slash}`.repeat(6)))
  const aimed = ups.flatMap((up, nth) => targets.map((target, at) => `${up}${target}${at % 3 === 0 ? ends[nth % ends.length] : ''}`))
  const afterId = ends.map((end) => `${id}${end === '?raw??' || end === '#x' ? '/' : ''}${end}`)
  const parts = [
    ...dots,
    ...slashes,
    ...ends.slice(0, 5),
    ...targets,
    hashOf('bytes'),
    `artifacts/${hashOf('bytes').slice(0, 2)}/${hashOf('bytes')}`,
  ]
  const mixed = Array.from({ length: 1100 }, () => Array.from({ length: 2 + random.below(6) }, () => random.pick(parts)).join(''))
  return [...aimed, ...targets, ...afterId, ...mixed].map((address) => address.replaceAll(' ', '%20'))
}

test.runIf(hasStrace)(
  '[Z13] [A4] no address of an artifact leads to another file: none is even opened (needs strace)',
  { timeout: 60_000 },
  async () => {
    const directory = temporaryDirectory()
    const program = new Program<ClubCalls>(new URL('./club-program.ts', import.meta.url))
    const port = await freePort()
    await program.call('open', { directory }, port)
    const id = await program.call('put', 'bytes')
    const headers = bearer(readFileSync(join(directory, 'token'), 'utf8').trim())
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    onTestFinished(() => agent.destroy())
    const ask = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path, headers, agent }, (answer) => {
          answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
        })
        asked.once('error', reject).end()
      })
    expect(await ask(`/state/artifact/files/${id}`)).toBe(200)

    const strace = await attach(program.pid, { calls: ['open', 'openat', 'openat2', 'stat', 'readlink'] })
    const addresses = corpus(id)
    const places = addresses.flatMap((address, at) => [
      `/state/artifact/files/${address}`,
      ...(at % 2 === 0 ? [`/state/artifact/${address}`, `/${address}`] : []),
    ])
    expect(new Set(places).size).toBeGreaterThan(5000)
    // What is no ASCII does not come through the parser of HTTP, and what could be taken for another host not through the gate.
    const expected = (path: string): number => {
      if (/[^\x21-\x7e]/.test(path)) return 400
      return /^\/[/\\]/.test(path) ? 421 : 404
    }
    const answers = await Promise.all(places.map(async (path) => ({ path, status: await ask(path) })))
    for (const { path, status } of answers) expect([path, status]).toEqual([path, expected(path)])
    // The way to see that a file that is opened is seen.
    expect(await ask(`/state/artifact/files/${id}`)).toBe(200)
    const opened = (await strace.detach()).filter((line) => /\bopen/.test(line))
    const outside = opened.filter((line) => !line.includes(`"${directory}/`))
    expect(outside).toEqual([])
    expect(opened.filter((line) => line.includes(`${directory}/artifacts/`))).toMatchObject([expect.stringContaining(hashOf('bytes'))])
  },
)
