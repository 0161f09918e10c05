/**
 * What a child process of a harness tells its parent, line by line, through a pipe that lies outside of everything that is
 * killed or cut: what was written before the end is read after it (oracle O1).
 */
import { writeSync } from 'node:fs'
import type { Durability } from '../../src/index.ts'

/** File descriptor of the pipe in the child. */
export const pipeDescriptor = 3

export type Message =
  /** The store is open. */
  | readonly ['open']
  /** A commit is about to be asked for. */
  | readonly ['issue', label: string]
  /** Its promise resolved, and so promised that the revision survives what the durability names. */
  | readonly ['ack', label: string, revision: number, changed: boolean, durability: Durability]
  /** It was rejected. */
  | readonly ['fail', label: string, code: string]
  /** A commit was asked for again by its id; `ran` when its callback was called for that. */
  | readonly ['again', label: string, revision: number, ran: boolean, durability: Durability]
  /** A phase begins or ends. */
  | readonly ['phase', phase: string, edge: 'begin' | 'end']
  /** A follower of this process received a commit. */
  | readonly ['seen', revision: number, cursor: string, label: string]
  /** What a program was asked to find out. */
  | readonly ['found', key: string, answer: string]
  /** Something that must not happen. */
  | readonly ['trouble', text: string]

/** Milliseconds of the machine's clock that never steps; the same in every process. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Child's side: written at once, so that a process killed right after has said it. */
export function tell(...message: Message): void {
  writeSync(pipeDescriptor, `${JSON.stringify([monotonicMs(), ...message])}\n`)
}

/** Parent's side: gives each whole line; the torn last one of a killed process was never said. */
export class LineReader {
  #rest = ''
  readonly #onMessage: (message: Message, saidAt: number) => void

  /** @param onMessage told what was said, and when, in `monotonicMs` */
  constructor(onMessage: (message: Message, saidAt: number) => void) {
    this.#onMessage = onMessage
  }

  read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const [saidAt, ...message] = JSON.parse(line) as [number, ...Message]
      this.#onMessage(message, saidAt)
    }
  }
}
