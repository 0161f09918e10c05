/** A replica as it is shipped, and everything that it showed. */
import { createReplica } from '../../src/client/create-replica.ts'
import type { Replica } from '../../src/client/replica.ts'
import { type Fetch, FetchWire } from '../../src/client/sync/fetch-wire.ts'
import type { Transport } from '../../src/client/sync/ladder.ts'
import type { ReplicaStatus } from '../../src/client/sync/status.ts'
import type { Wire } from '../../src/client/sync/wire.ts'
import { encodeCommit, epochOf, type ReplicaCommit, revisionOf } from '../../src/protocol/commit-text.ts'
import type { SeededRandom } from '../harness/seeded-random.ts'
import type { Tally } from '../model/tally.ts'
import type { History } from './server/history.ts'
import { type Account, type actions, type Content, simulated, textOf, type View } from './state.ts'
import type { Recording, Sighting } from './validators.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A change of the client's way to the server, for a planted bug; `before` says where it was before the last it saw. */
export type WrapWire = (wire: Wire, before: () => string | undefined) => Wire

export interface ClientParts {
  readonly name: string
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly history: History
  readonly tally: Tally
  readonly trace: (what: string) => void
  readonly fetch: Fetch
  readonly wrapWire: WrapWire | undefined
}

/** A call, and what came of it. */
export interface ObservedCall {
  readonly id: string
  readonly text: string
  /** The history in which it was made. */
  readonly epoch: string
  outcome: { readonly value: unknown } | { readonly error: unknown } | undefined
}

/** What a client may choose; each choice has a view, which is the same object wherever it is the same. */
export const choices: readonly {
  readonly kinds: { readonly [kind: string]: boolean | { readonly last: number } } | undefined
  readonly view: View
}[] = [
  { kinds: undefined, view: { hasKind: (kind) => kind !== 'secret', last: undefined } },
  { kinds: { accounts: true, title: false }, view: { hasKind: (kind) => kind === 'accounts', last: undefined } },
  { kinds: { title: true, lines: { last: 3 } }, view: { hasKind: (kind) => kind === 'title' || kind === 'lines', last: 3 } },
]

const transports: readonly ('auto' | Transport)[] = ['auto', 'auto', 'auto', 'sse', 'sse', 'long-poll', 'poll']

export class ObservedClient implements Recording {
  readonly name: string
  readonly sightings: Sighting[] = []
  readonly complaints: string[] = []
  readonly calls: ObservedCall[] = []
  readonly view: View
  readonly replica: Replica<typeof simulated, typeof actions>
  readonly #parts: ClientParts
  readonly #online = new Set<() => void>()
  /** Where it is, unless what it did to get there has not been told yet. */
  #moved: string | undefined
  #before: string | undefined

  constructor(parts: ClientParts) {
    const { name, clock, random, fetch, wrapWire, tally } = parts
    this.name = name
    this.#parts = parts
    const { kinds, view } = random.pick(choices)
    this.view = view
    const real = new FetchWire({ url: 'http://localhost/state', fetch })
    const wire = wrapWire === undefined ? real : wrapWire(real, () => this.#before)
    let ids = 0
    const transport = random.pick(transports)
    this.replica = createReplica<typeof simulated, typeof actions>(
      { kinds, state: simulated, transport },
      {
        wire,
        clock,
        random: () => random.next(),
        createId: () => `${name}-${(ids += 1)}`,
        onOnline: (callback) => {
          this.#online.add(callback)
          return () => void this.#online.delete(callback)
        },
        onError: (error) => this.complaints.push(`a client reported ${String(error)}`),
      },
    )
    let before = this.replica.status
    this.replica.onStatus((status) => {
      noteChange(before, status, transport === 'auto', tally)
      before = status
      if (status.cursor !== undefined) this.#move(status.cursor)
    })
    this.replica.subscribe((commit) => this.#see(commit))
  }

  readonly hasKind = (kind: string): boolean => this.view.hasKind(kind)

  /** Everything it holds, held against what there was at its revision. */
  look(): void {
    const { cursor } = this.replica.status
    if (cursor === undefined) return
    const expected = this.#parts.history.textAt(epochOf(cursor), revisionOf(cursor), this.view)
    const held = this.text()
    if (held !== expected) this.complaints.push(`Atomic: ${this.name} at ${cursor} shows ${held}, and it was ${expected}`)
  }

  text(): string {
    const { replica } = this
    const content: Content = {
      title: this.hasKind('title') ? replica.title.entry() : undefined,
      accounts: new Map(this.hasKind('accounts') ? accountsOf(replica) : []),
      lines: this.hasKind('lines') ? replica.lines.read({ limit: 1000 }) : [],
    }
    return textOf(content, this.view)
  }

  call(text: string, id: string | undefined): void {
    const { history, tally } = this.#parts
    const call: ObservedCall = { id: id ?? `${this.name}-${text}`, text, epoch: history.epoch, outcome: undefined }
    this.calls.push(call)
    this.replica.call('addNote', { text }, { id: call.id }).then(
      (value) => {
        tally.note('call answered')
        call.outcome = { value }
      },
      (error: unknown) => {
        tally.note('call rejected')
        call.outcome = { error }
      },
    )
  }

  goOnline(): void {
    for (const callback of this.#online) callback()
  }

  /** What was moved over and no commit told of was a bookmark. */
  finish(): void {
    if (this.#moved !== undefined) this.#push({ what: 'bookmark', cursor: this.#moved })
    this.#moved = undefined
  }

  #move(cursor: string): void {
    if (cursor === this.#moved || (this.#moved === undefined && cursor === this.sightings.at(-1)?.cursor)) return
    this.finish()
    this.#moved = cursor
  }

  #see(commit: ReplicaCommit | undefined): void {
    const cursor = this.replica.status.cursor ?? ''
    this.#move(cursor)
    const before = this.sightings.at(-1)?.cursor
    this.#moved = undefined
    if (commit === undefined) this.#push({ what: 'snapshot', cursor, isDue: before === undefined || !this.#isUsable(before) })
    else
      this.#push({
        what: 'commit',
        cursor: commit.cursor,
        text: encodeCommit({ ...commit, changes: commit.changes.filter(({ kind }) => this.hasKind(kind)) }),
      })
    this.look()
  }

  #push(sighting: Sighting): void {
    const { tally, trace } = this.#parts
    this.#before = this.sightings.at(-1)?.cursor
    this.sightings.push(sighting)
    tally.note(`saw a ${sighting.what}`)
    trace(`${this.name} ${sighting.what} ${sighting.cursor}`)
  }

  #isUsable(cursor: string): boolean {
    const { history } = this.#parts
    return epochOf(cursor) === history.epoch && revisionOf(cursor) >= history.horizon
  }
}

/** Counts what the simulation is to reach. */
function noteChange(before: ReplicaStatus, { state, transport, error }: ReplicaStatus, isAuto: boolean, tally: Tally): void {
  if (isAuto && state === 'live' && transport !== before.transport && before.transport !== undefined) {
    tally.note(transport === 'sse' ? 'climbed up to sse' : `fell back to ${transport}`)
  }
  if (state === before.state) return
  tally.note(state === 'live' ? `live by ${transport}` : `client ${state}`)
  if (state === 'resuming' && before.state === 'live' && error?.code.startsWith('CURSOR_') === true) tally.note(`reset by ${transport}`)
}

function* accountsOf({
  accounts,
}: ObservedClient['replica']): Generator<[string, Content['accounts'] extends ReadonlyMap<string, infer Item> ? Item : never]> {
  for (const { id } of accounts.find({ limit: 1000 }).items as readonly Account[]) {
    const entry = accounts.entry(id)
    if (entry !== undefined) yield [id, entry]
  }
}
