/** Bugs, planted where the server's streams leave it, that the validators have to find. Each shows once in every stream. */
import { WritableSink } from '../../src/server/writable-sink.ts'

export type StreamPlant = 'dropped-commit' | 'torn-commit' | 'early-bookmark'

/** What is sent in place of a commit; undefined where the bug cannot show in this one. */
type Edit = (commit: Commit) => string | undefined

interface Commit {
  readonly id: string
  readonly data: string
}

/** Streams are in order for so many commits. */
const firstFaulty = 20

const edits: { readonly [Name in StreamPlant]: Edit } = {
  'dropped-commit': () => '',
  'torn-commit': ({ id, data }) => {
    const [at, ...parts] = JSON.parse(data) as unknown[]
    return parts.filter(Array.isArray).length < 2 ? undefined : messageOf(id, JSON.stringify([at, ...parts.slice(1)]))
  },
  'early-bookmark': ({ id }) => `event: bookmark\nid: ${id}\ndata: 0\n\n`,
}

/** What a stream has sent. */
class Sent {
  readonly #edit: Edit
  #commits = 0
  #isDone = false

  constructor(edit: Edit) {
    this.#edit = edit
  }

  pass(message: string): string {
    const [, id, data] = /^id: (.+)\ndata: (.+)\n\n$/.exec(message) ?? []
    if (id === undefined || data === undefined) return message
    this.#commits += 1
    const edited = this.#isDone || this.#commits < firstFaulty ? undefined : this.#edit({ id, data })
    this.#isDone ||= edited !== undefined
    return edited ?? message
  }
}

/** Plants a bug in every stream of this process. */
export function plantInStreams(name: StreamPlant): void {
  const streams = new WeakMap<WritableSink, Sent>()
  const { write } = WritableSink.prototype
  WritableSink.prototype.write = function writeFaulty(bytes) {
    const sent = streams.get(this) ?? new Sent(edits[name])
    streams.set(this, sent)
    // Whole messages are written, one or several.
    const messages = Buffer.from(bytes)
      .toString()
      .split(/(?<=\n\n)/)
    write.call(this, Buffer.from(messages.map((message) => sent.pass(message)).join('')))
  }
}

function messageOf(id: string, data: string): string {
  return `id: ${id}\ndata: ${data}\n\n`
}
