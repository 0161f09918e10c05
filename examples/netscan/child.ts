/** A child process of a job, read while it runs. The job ends it when it is cancelled; here it only comes to an end. */
import type { ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** That of a job, for a child that ends with it. */
export type Spawn = typeof spawn

export interface ChildOptions {
  readonly spawn: Spawn
  readonly args: readonly string[]
  /** Written to its stdin, which stays open: a child that reads to its end notices when this process is gone. */
  readonly input?: string
}

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null
  readonly killedBy: NodeJS.Signals | null
  /** The last lines of its stderr. */
  readonly complaints: readonly string[]
}

const maxComplaints = 20

export class Child {
  readonly #child: ChildProcess
  readonly #closed: Promise<[code: number | null, killedBy: NodeJS.Signals | null]>
  readonly #complaints: Promise<string[]>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
    this.#complaints = collect(child.stderr)
  }

  /** @throws what keeps it from being started, such as ENOENT */
  static async start(command: string, { spawn, args, input }: ChildOptions): Promise<Child> {
    const child = spawn(command, args, { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
    const started = once(child, 'spawn')
    // One that has ended early is found out by its end.
    child.stdin?.on('error', () => undefined)
    await started
    const read = new Child(child)
    if (input !== undefined) child.stdin?.write(input)
    return read
  }

  /** No more is written to it. */
  endInput(): void {
    this.#child.stdin?.end()
  }

  /** What it prints, in pieces cut anywhere. */
  async *text(): AsyncGenerator<string, void, undefined> {
    for await (const text of this.#child.stdout?.setEncoding('utf8') ?? []) yield String(text)
  }

  /** What it prints, line by line. */
  async *lines(): AsyncGenerator<string, void, undefined> {
    if (this.#child.stdout !== null) yield* createInterface({ input: this.#child.stdout })
  }

  async end(): Promise<ChildEnd> {
    const [code, killedBy] = await this.#closed
    return { code, killedBy, complaints: await this.#complaints }
  }
}

/** As in `nmap ended with exit code 3: out of luck`. */
export function describeEnd(name: string, { code, killedBy, complaints }: ChildEnd): string {
  const how = killedBy ? `was ended by ${killedBy}` : `ended with exit code ${code}`
  const said = complaints.join(' ')
  return `${name} ${how}${said === '' ? '' : `: ${said}`}`
}

async function collect(stream: Readable | null): Promise<string[]> {
  const lines: string[] = []
  if (stream === null) return lines
  for await (const line of createInterface({ input: stream })) {
    if (line.trim() !== '') lines.push(line)
    if (lines.length > maxComplaints) lines.shift()
  }
  return lines
}
