/** The example as its users run it: real processes on one directory, real ports, and `kill -9`. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import type { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from './holdfast.ts'
import { hasNmap } from './scan/nmap.ts'
import { type NetscanStore, netscan } from './state.ts'

const main = path.join(import.meta.dirname, 'main.ts')

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'netscan-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** A loopback port that counts who connects. */
async function listen(): Promise<{ port: number; connections(): number }> {
  let count = 0
  const server: Server = createServer((socket) => {
    count += 1
    socket.on('error', () => undefined).destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]()
  })
  return { port: (server.address() as { port: number }).port, connections: () => count }
}

interface Place {
  readonly cwd: string
  /** A directory of programs that are preferred to those of the system. */
  readonly tools?: string
}

/** A directory with an nmap that is there and fails. */
async function makeBrokenNmap(): Promise<string> {
  const tools = await makeDirectory()
  const script = '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho out of luck >&2\nexit 3\n'
  await writeFile(path.join(tools, 'nmap'), script, { mode: 0o700 })
  return tools
}

/** A netscan process and what it prints. */
class Program {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly ended: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>
  output = ''
  errors = ''

  constructor(place: string | Place, ...args: string[]) {
    const { cwd, tools } = typeof place === 'string' ? { cwd: place } : place
    const env = tools === undefined ? process.env : { ...process.env, PATH: `${tools}${path.delimiter}${process.env['PATH']}` }
    this.#child = spawn(process.execPath, [main, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = once(this.#child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text))
    onTestFinished(async () => {
      this.#child.kill('SIGKILL')
      await this.ended
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves when the output has this text; fails when the process ends without. */
  async prints(text: string): Promise<void> {
    const isOver = this.ended.then(() => true)
    while (!this.output.includes(text)) {
      const over = await Promise.race([isOver, once(this.#child.stdout, 'data').then(() => false)])
      if (over && !this.output.includes(text)) throw new Error(`${JSON.stringify(text)} was not printed:\n${this.output}${this.errors}`)
    }
  }

  /** The lines for commits, without the time, as [revision, text]. */
  get events(): [revision: number, text: string][] {
    return [...this.output.matchAll(/^[\d:]{8}  #(\d+) +(.+)\n/gm)].map(([, revision, text]) => [Number(revision), text ?? ''])
  }

  /** Everything but progress, which each process tells by its own tenths. */
  get story(): string[] {
    return this.events.map(([, text]) => text).filter((text) => !text.startsWith('progress'))
  }
}

async function read<Value>(cwd: string, look: (store: NetscanStore) => Value): Promise<Value> {
  const store = await openStore(netscan, { directory: path.join(cwd, '.netscan'), readOnly: true })
  try {
    return look(store)
  } finally {
    await store.close()
  }
}

const scanAll = ['--no-page', '--scanner', 'connect', '--target', '127.0.0.1']

test('[X9] kill -9 in the middle of a scan loses nothing that was shown, and the scan goes on', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const [early, late] = [await listen(), await listen()]
  const args = [...scanAll, '--ports', `${early.port},1-30000,${late.port}`]

  const first = new Program(cwd, ...args)
  await first.prints('port')
  const follower = new Program(cwd, '--follow')
  await follower.prints('from here on live')
  await follower.prints('progress 10 %')
  first.kill('SIGKILL')
  expect(await first.ended).toEqual([null, 'SIGKILL'])

  const kept = await read(cwd, (store) => ({ revision: store.health().revision, scan: store.scan.get(), lines: store.console.read() }))
  const shown = Math.max(...first.events.map(([revision]) => revision), ...follower.events.map(([revision]) => revision))
  expect(kept.revision).toBeGreaterThanOrEqual(shown)
  expect(kept.scan).toMatchObject({ state: 'running', run: 1 })
  const texts = kept.lines.map((line) => `${line.value.level.padEnd(7)}  ${line.value.text}`)
  expect(first.story.slice(1).filter((text) => !texts.includes(text))).toEqual([])
  expect([early.connections(), late.connections()]).toEqual([1, 0])

  const second = new Program(cwd, '--no-page', '--scanner', 'connect')
  expect(await second.ended, second.errors).toEqual([0, null])
  await follower.prints('scan of 127.0.0.1 finished')
  expect(second.story[0]).toMatch(/scan of 127\.0\.0\.1 was interrupted at \d\d %; going on/)
  // The port found before the crash was not probed again, the one behind it was found.
  expect([early.connections(), late.connections()]).toEqual([1, 1])

  const end = await read(cwd, (store) => ({ scan: store.scan.get(), open: store.ports.find({ index: 'byAddress' }).items }))
  expect(end.scan).toMatchObject({ state: 'finished', run: 2, pending: [], probes: { done: 30_002, total: 30_002 } })
  expect(end.open.map((port) => port.port)).toEqual(expect.arrayContaining([early.port, late.port]))
  expect(follower.story).toEqual([...first.story, ...follower.story.slice(first.story.length, -second.story.length), ...second.story])
})

test('[X12] killed again and again, a scan finds in the end what an undisturbed one finds', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const ports = [(await listen()).port, (await listen()).port]
  const args = [...scanAll, '--ports', `1-10000,${ports[0]},10001-20000,${ports[1]}`]
  let done = 0
  for (const point of ['progress 20 %', 'progress 50 %', 'progress 90 %']) {
    const scan = new Program(cwd, ...args)
    await scan.prints(point)
    scan.kill('SIGKILL')
    await scan.ended
    const kept = await read(cwd, (store) => store.scan.get()?.probes.done ?? 0)
    expect(kept).toBeGreaterThan(done)
    done = kept
  }
  const last = new Program(cwd, ...args)
  expect(await last.ended, last.errors).toEqual([0, null])
  const end = await read(cwd, (store) => ({ scan: store.scan.get(), open: store.ports.find().items.map((port) => port.port) }))
  expect(end.scan).toMatchObject({ state: 'finished', run: 4, pending: [], probes: { done: 20_002, total: 20_002 } })
  expect(end.open).toEqual(expect.arrayContaining(ports))
})

test('[X8] what was found at start is there for every process that comes later', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const { port } = await listen()
  const scan = new Program(cwd, ...scanAll, '--ports', String(port))
  expect(await scan.ended, scan.errors).toEqual([0, null])
  const machine = scan.story[0] ?? ''
  expect(machine).toMatch(/^machine  /)

  for (const attempt of ['the first time', 'again']) {
    const follower = new Program(cwd, '--follow')
    await follower.prints('from here on live')
    expect(follower.story, attempt).toEqual(scan.story)
    follower.kill('SIGTERM')
    expect(await follower.ended).toEqual([null, 'SIGTERM'])
  }
  const once = new Program(cwd, '--once')
  expect(await once.ended).toEqual([0, null])
  expect(once.output).toContain(machine.split(' · ')[1])
  expect(once.output).toMatch(new RegExp(`^${port} +127\\.0\\.0\\.1 `, 'm'))
  expect(once.output).toContain('100 %  1 of 1 ports')
})

test('a scan that was killed is shown as interrupted from then on', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const scan = new Program(cwd, ...scanAll, '--ports', '1-30000')
  await scan.prints('progress 10 %')
  const during = new Program(cwd, '--once')
  expect(await during.ended).toEqual([0, null])
  expect(during.output).not.toContain('interrupted')
  scan.kill('SIGKILL')
  await scan.ended
  const after = new Program(cwd, '--once')
  expect(await after.ended).toEqual([0, null])
  expect(after.output).toContain(' · interrupted')
})

test('a scanner that fails leaves a failed scan with the reason, and the next start goes on', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const place = { cwd, tools: await makeBrokenNmap() }
  const failing = new Program(place, '--no-page', '--target', '127.0.0.1', '--ports', '1-20')
  expect(await failing.ended).toEqual([1, null])
  expect(failing.errors).toBe('netscan: nmap ended with exit code 3: out of luck\n')
  expect(failing.output).toContain('The scan failed.')
  expect(await read(cwd, (store) => store.scan.get())).toMatchObject({
    state: 'failed',
    failure: 'nmap ended with exit code 3: out of luck',
  })
  const once = new Program(cwd, '--once')
  expect(await once.ended).toEqual([0, null])
  expect(once.output).toMatch(/ · failed\n.*\nnmap ended with exit code 3: out of luck\n/)
  const second = new Program(cwd, '--no-page', '--scanner', 'connect')
  expect(await second.ended, second.errors).toEqual([0, null])
  expect(await read(cwd, (store) => store.scan.get())).toMatchObject({ state: 'finished', run: 2, target: '127.0.0.1' })
})

test('Ctrl-C stops the scan, says so in the store, and ends as the signal would', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const scan = new Program(cwd, ...scanAll, '--ports', '1-30000')
  await scan.prints('progress 10 %')
  scan.kill('SIGINT')
  expect(await scan.ended, scan.errors).toEqual([null, 'SIGINT'])
  expect(scan.output).toContain('stopped by the user')
  expect(scan.output).toContain('To go on: npm start')
  expect(await read(cwd, (store) => store.scan.get())).toMatchObject({ state: 'interrupted', run: 1 })
})

test('a second scan on the same store takes over; the first one stops', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const args = [...scanAll, '--ports', '1-30000']
  const first = new Program(cwd, ...args)
  await first.prints('progress 10 %')
  const second = new Program(cwd, ...args)
  expect((await first.ended)[0]).toBe(1)
  expect(first.errors).toContain('Another process has taken over the scan in this store.')
  expect(await second.ended, second.errors).toEqual([0, null])
  expect(await read(cwd, (store) => store.scan.get())).toMatchObject({ state: 'finished', run: 2, probes: { done: 30_000, total: 30_000 } })
})

test.runIf(await hasNmap())('nmap and the connect scan find the same', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const ports = [(await listen()).port, (await listen()).port].toSorted((a, b) => a - b)
  for (const scanner of ['nmap', 'connect']) {
    const scan = new Program(cwd, '--no-page', '--scanner', scanner, '--target', '127.0.0.1', '--ports', ports.join(','))
    expect(await scan.ended, scan.errors).toEqual([0, null])
    expect(scan.output).toContain(`finished: 1 host up, 2 open ports`)
    const found = await read(cwd, (store) => store.ports.find({ index: 'byAddress', equals: ['127.0.0.1'] }).items)
    expect(found.map((port) => [port.port, port.state])).toEqual(ports.map((port) => [port, 'open']))
  }
})

test.each([
  [['--target', '10.0.0.0/8'], 'one scan takes at most 256'],
  [['--target', '-oX'], '--target'],
  [['--ports', '0'], 'ports go from 1 to 65535'],
  [['--frobnicate'], "Unknown option '--frobnicate'. See --help."],
])('%j is answered with a sentence, and nothing is written', async (args, sentence) => {
  const cwd = await makeDirectory()
  const program = new Program(cwd, ...args)
  expect(await program.ended).toEqual([2, null])
  expect(program.errors).toMatch(/^netscan: .*\n$/)
  expect(program.errors).toContain(sentence)
  await expect(read(cwd, () => undefined)).rejects.toMatchObject({ code: 'STORE_ABSENT' })
})

test('following a store that is not there yet says what to do', async () => {
  const program = new Program(await makeDirectory(), '--follow')
  expect((await program.ended)[0]).toBe(1)
  expect(program.errors).toMatch(/^netscan: There is no store in .*\.netscan yet\. Start a scan first: npm start\n$/)
})
