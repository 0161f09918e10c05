/**
 * What a child process of a harness tells its parent, line by line, through a pipe that lies outside of everything that is
 * killed or cut: what was written before the end is read after it (oracle O1).
 */
import { writeSync } from 'node:fs'

/** File descriptor of the pipe in the child. */
export const pipeDescriptor = 3

export type Message =
  /** The store is open. */
  | readonly ['open']
  /** A commit is about to be asked for. */
  | readonly ['issue', label: string]
  /** Its promise resolved. */
  | readonly ['ack', label: string, revision: number, changed: boolean]
  /** It was rejected. */
  | readonly ['fail', label: string, code: string]
  /** A commit was asked for again by its id; `ran` when its callback was called for that. */
  | readonly ['again', label: string, revision: number, ran: boolean]
  /** A phase begins or ends. */
  | readonly ['phase', phase: string, edge: 'begin' | 'end']
  /** A follower of this process received a commit. */
  | readonly ['seen', revision: number, cursor: string, label: string]
  /** What a program was asked to find out. */
  | readonly ['found', key: string, answer: string]
  /** Something that must not happen. */
  | readonly ['trouble', text: string]

/** Child's side: written at once, so that a process killed right after has said it. */
export function tell(...message: Message): void {
  writeSync(pipeDescriptor, `${JSON.stringify(message)}\n`)
}

/** Parent's side: gives each whole line; the torn last one of a killed process was never said. */
export class LineReader {
  #rest = ''
  readonly #onMessage: (message: Message) => void

  constructor(onMessage: (message: Message) => void) {
    this.#onMessage = onMessage
  }

  read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#onMessage(JSON.parse(line) as Message)
  }
}
