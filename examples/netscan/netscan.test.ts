/** The example as its users run it: real processes on one directory, real ports, and `kill -9`. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import type { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from './holdfast.ts'
import { arrangeJobs } from './job-state.ts'
import { hasNmap } from './scan/nmap.ts'
import { type NetscanStore, type Scan, netscan } from './state.ts'

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

/** A port that was free a moment ago. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await server[Symbol.asyncDispose]()
  return port
}

interface Place {
  readonly cwd: string
  /** A directory of programs that are preferred to those of the system. */
  readonly tools?: string
}

/** A directory with an nmap that does what is said. */
async function makeNmap(script: string): Promise<string> {
  const tools = await makeDirectory()
  await writeFile(path.join(tools, 'nmap'), `#!/bin/sh\n[ "$1" = --version ] && exit 0\n${script}\n`, { mode: 0o700 })
  return tools
}

/** Fails. */
const broken = 'echo out of luck >&2; exit 3'

/** Finds its target up once there is a file that is named `go`; ends when it is taken away itself. */
const waiting = `for target; do :; done
while [ -e "$0" ] && [ ! -e "$(dirname "$0")/go" ]; do sleep 0.05; done
echo '<nmaprun><host><status state="up" reason="there"/><address addr="'$target'" addrtype="ipv4"/></host>'
echo '<runstats><finished exit="success" summary=""/></runstats></nmaprun>'`

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
  async prints(text: string | RegExp): Promise<void> {
    const isOver = this.ended.then(() => true)
    const isThere = (): boolean => (typeof text === 'string' ? this.output.includes(text) : text.test(this.output))
    while (!isThere()) {
      const over = await Promise.race([isOver, once(this.#child.stdout, 'data').then(() => false)])
      if (over && !isThere()) throw new Error(`${String(text)} was not printed:\n${this.output}${this.errors}`)
    }
  }

  /** The lines for commits, without the time, as [revision, text]. */
  get events(): [revision: number, text: string][] {
    return [...this.output.matchAll(/^[\d:]{8}  #(\d+) +(.+)\n/gm)].map(([, revision, text]) => [Number(revision), text ?? ''])
  }

  /** What was written to the log. */
  get said(): string[] {
    return this.story.filter((text) => /^(?:info|found|lost|warning) /.test(text))
  }

  /** Everything but progress, which each process tells by its own tenths. */
  get story(): string[] {
    return this.events.map(([, text]) => text).filter((text) => !text.startsWith('progress'))
  }
}

async function read<Value>(cwd: string, look: (store: NetscanStore) => Value | Promise<Value>): Promise<Value> {
  const store = await openStore(netscan, { directory: path.join(cwd, '.netscan'), readOnly: true })
  try {
    return await look(store)
  } finally {
    await store.close()
  }
}

const scanAll = ['--no-page', '--scanner', 'connect', '--target', '127.0.0.1']

/** The last scan that was asked for. */
function lastScan(store: NetscanStore): Scan | undefined {
  return arrangeJobs(store.scans.find().items)[0]
}

test(
  '[X9] [X29] kill -9 in the middle of a scan loses nothing that was shown; the next start shows it as interrupted, and goes on',
  { timeout: 60_000 },
  async () => {
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

    const kept = await read(cwd, (store) => ({ revision: store.health().revision, scan: lastScan(store), lines: store.console.read() }))
    const shown = Math.max(...first.events.map(([revision]) => revision), ...follower.events.map(([revision]) => revision))
    expect(kept.revision).toBeGreaterThanOrEqual(shown)
    expect(kept.scan).toMatchObject({ state: 'running', attempt: 1 })
    const texts = kept.lines.map((line) => `${line.value.level.padEnd(7)}  ${line.value.text}`)
    expect(first.said.filter((text) => !texts.includes(text))).toEqual([])
    expect([early.connections(), late.connections()]).toEqual([1, 0])

    const second = new Program(cwd, '--no-page', '--scanner', 'connect')
    expect(await second.ended, second.errors).toEqual([0, null])
    await follower.prints('scan of 127.0.0.1 finished')
    expect(follower.story.filter((text) => text.startsWith('retry'))).toEqual([
      'retry    scan of 127.0.0.1, which was interrupted, attempt 2 of 4',
    ])
    expect(second.said[0]).toMatch(/scan of 127\.0\.0\.1 was interrupted at \d\d %; going on/)
    // The port found before the crash was not probed again, the one behind it was found.
    expect([early.connections(), late.connections()]).toEqual([1, 1])

    const end = await read(cwd, (store) => ({ scan: lastScan(store), open: store.ports.find({ index: 'byAddress' }).items }))
    expect(end.scan).toMatchObject({ id: kept.scan?.id, state: 'completed', attempt: 2, progress: { done: 30_002, total: 30_002 } })
    expect(end.open.map((port) => port.port)).toEqual(expect.arrayContaining([early.port, late.port]))
    expect(follower.said).toEqual([...first.said, ...follower.said.slice(first.said.length, -second.said.length), ...second.said])
  },
)

/** How many ports are settled, as it is on record. */
function settled(store: NetscanStore): number {
  return store.findings.find().items.reduce((sum, finding) => sum + finding.settled, 0)
}

test('[X12] killed again and again, a scan finds in the end what an undisturbed one finds', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const ports = [(await listen()).port, (await listen()).port]
  const args = [...scanAll, '--ports', `1-15000,${ports[0]},15001-30000,${ports[1]}`]
  let done = 0
  for (const point of [/progress [1-9]0 %/, /progress [3-9]0 %/, /progress [5-9]0 %/]) {
    const scan = new Program(cwd, ...args)
    await scan.prints(point)
    scan.kill('SIGKILL')
    await scan.ended
    const kept = await read(cwd, settled)
    expect(kept).toBeGreaterThan(done)
    done = kept
  }
  const last = new Program(cwd, ...args)
  expect(await last.ended, last.errors).toEqual([0, null])
  const end = await read(cwd, (store) => ({ scan: lastScan(store), open: store.ports.find().items.map((port) => port.port) }))
  expect(end.scan).toMatchObject({ state: 'completed', attempt: 4, progress: { done: 30_002, total: 30_002 } })
  expect(end.open).toEqual(expect.arrayContaining(ports))
})

test('[X8] what was found at start is there for every process that comes later', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const { port } = await listen()
  const scan = new Program(cwd, ...scanAll, '--ports', String(port))
  expect(await scan.ended, scan.errors).toEqual([0, null])
  const machine = scan.story.find((text) => text.startsWith('machine')) ?? ''
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
  expect(once.output).toContain('100 %  1 of 1 port · 1 host up, 1 open port')
})

/** Waits until what a scan is to look at is on record as its progress. */
async function whenPlanned(cwd: string): Promise<void> {
  const isPlanned = (store: NetscanStore): boolean => lastScan(store)?.progress?.plan !== undefined
  await expect.poll(() => read(cwd, isPlanned), { timeout: 20_000 }).toBe(true)
}

test('[X29] a scan that was killed is shown as interrupted from then on', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const scan = new Program({ cwd, tools: await makeNmap(waiting) }, '--no-page', '--target', '127.0.0.1', '--ports', '1-100')
  await scan.prints('scan of 127.0.0.1 started')
  const during = new Program(cwd, '--once')
  expect(await during.ended).toEqual([0, null])
  expect(during.output).not.toContain('interrupted')
  await whenPlanned(cwd)
  scan.kill('SIGKILL')
  await scan.ended
  const after = new Program(cwd, '--once')
  expect(await after.ended).toEqual([0, null])
  expect(after.output).toContain(' · interrupted')
})

test('a scanner that fails leaves a failed scan with the reason, and the next start goes on', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const place = { cwd, tools: await makeNmap(broken) }
  const failing = new Program(place, '--no-page', '--target', '127.0.0.1', '--ports', '1-20')
  expect(await failing.ended).toEqual([1, null])
  expect(failing.errors).toBe('netscan: nmap ended with exit code 3: out of luck\n')
  expect(failing.output).toContain('The scan failed.')
  const failed = await read(cwd, lastScan)
  expect(failed).toMatchObject({ state: 'failed', attempt: 4, error: { message: 'nmap ended with exit code 3: out of luck' } })
  const once = new Program(cwd, '--once')
  expect(await once.ended).toEqual([0, null])
  expect(once.output).toMatch(/ · failed · attempt 4 of 4\n.*\nnmap ended with exit code 3: out of luck\n/)
  if (!(await hasNmap())) return
  const second = new Program(cwd, '--no-page')
  expect(await second.ended, second.errors).toEqual([0, null])
  expect(await read(cwd, lastScan)).toMatchObject({ id: failed?.id, state: 'completed', attempt: 1, input: { target: '127.0.0.1' } })
})

test('Ctrl-C stops the scan, says so in the store, and ends as the signal would', { timeout: 60_000 }, async () => {
  const cwd = await makeDirectory()
  const scan = new Program(cwd, ...scanAll, '--ports', '1-30000')
  await scan.prints('progress 10 %')
  scan.kill('SIGINT')
  expect(await scan.ended, scan.errors).toEqual([null, 'SIGINT'])
  expect(scan.output).toContain('netscan was stopped')
  expect(scan.output).toContain('To go on: npm start')
  expect(await read(cwd, lastScan)).toMatchObject({ state: 'queued', reason: 'stopped', attempt: 0 })
})

test(
  '[X27] [J7] one scan of a target, however many ask for it, and another beside it, each with its own history',
  { timeout: 60_000 },
  async () => {
    const cwd = await makeDirectory()
    const tools = await makeNmap(waiting)
    const start = (target: string): Program => new Program({ cwd, tools }, '--no-page', '--target', target, '--ports', '1-100')
    const first = start('127.0.0.1')
    await first.prints('scan of 127.0.0.1 started')
    const [same, other] = [start('127.0.0.1'), start('127.0.0.2')]
    await Promise.all([same.prints('Going on with the scan of 127.0.0.1.'), other.prints('scan of 127.0.0.2 started')])
    await writeFile(path.join(tools, 'go'), '')
    for (const program of [first, same, other]) expect(await program.ended, program.errors).toEqual([0, null])
    expect(same.output).toContain('scan of 127.0.0.1 finished')
    const scans = await read(cwd, (store) =>
      store.scans.find().items.map(({ id, input, state, attempt }) => ({
        ...{ target: input.target, state, attempt },
        lines: store.scans.logs(id).map(({ value }) => value.text),
      })),
    )
    expect(scans.map(({ target, state, attempt }) => ({ target, state, attempt }))).toEqual([
      { target: '127.0.0.1', state: 'completed', attempt: 1 },
      { target: '127.0.0.2', state: 'completed', attempt: 1 },
    ])
    for (const { target, lines } of scans) {
      expect([lines[0], lines.at(-1)].map((text) => text?.split(':')[0])).toEqual([
        `scan of ${target} started`,
        `scan of ${target} finished`,
      ])
      expect(lines.filter((text) => !text.includes(target))).toEqual([])
    }
  },
)

test(
  '[J5] [X9] another terminal cancels a scan and has a report made of it, which is there after kill -9',
  { timeout: 60_000 },
  async () => {
    const cwd = await makeDirectory()
    const place = { cwd, tools: await makeNmap(waiting) }
    const scan = new Program(place, '--port', String(await findPort()), '--target', '127.0.0.1', '--ports', '1-100')
    await scan.prints('scan of 127.0.0.1 started')
    await whenPlanned(cwd)
    const cancel = new Program(cwd, '--cancel', '--target', '127.0.0.1')
    expect(await cancel.ended, cancel.errors).toEqual([0, null])
    expect(cancel.output).toBe('scan of 127.0.0.1 cancelled\n')
    const report = new Program(cwd, '--report')
    expect(await report.ended, report.errors).toEqual([0, null])
    await scan.prints('.json of')
    // What it was made in is cleared away right behind.
    await expect
      .poll(async () => (await readdir(tmpdir())).filter((name) => name.startsWith('netscan-report-')), { timeout: 10_000 })
      .toEqual([])
    scan.kill('SIGKILL')
    await scan.ended
    const found = await read(cwd, async (store) => {
      const files = store.reportFiles.find().items
      return { scan: lastScan(store), files, states: await Promise.all(files.map(({ id }) => store.reportFiles.check(id))) }
    })
    expect(found.scan).toMatchObject({ state: 'cancelled', attempt: 1 })
    const records = Object.fromEntries(found.files.map(({ record, meta }) => [meta.format, record]))
    expect(records).toEqual({ html: `scans/${found.scan?.id}`, json: `scans/${found.scan?.id}` })
    expect(found.states).toEqual(['whole', 'whole'])
    const nothing = new Program(cwd, '--cancel')
    expect(await nothing.ended, nothing.errors).toEqual([0, null])
    expect(nothing.output).toBe('Nothing is under way.\n')
  },
)

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

test.each(['--follow', '--cancel', '--report'])('%s of a store that is not there yet says what to do', async (mode) => {
  const program = new Program(await makeDirectory(), mode)
  expect((await program.ended)[0]).toBe(1)
  expect(program.errors).toMatch(/^netscan: There is no store in .*\.netscan yet\. Start a scan first: npm start\n$/)
})
