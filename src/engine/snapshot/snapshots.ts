/**
 * Takes snapshots: on a read connection of its own, in slices short enough for the event loop, in one read transaction that is
 * never open long (rule H5). What is read may be newer than what is published; the snapshot is handed out when it is not (D7).
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { readHead } from '../../sqlite/tables.ts'
import type { SnapshotReader } from '../backend.ts'
import type { Point } from '../ledger.ts'
import { mostRows, Pace } from './pace.ts'
import type { Slice, SnapshotSource } from './snapshot-source.ts'

/** How old a shared snapshot may be: any age will do where nothing was committed since. */
const sharedMs = 1000
const sharedCommits = 1000

/** How long it is kept for others after it was last given out, ms. */
const keptMs = 10_000

/** Bytes that are kept for others, at most, or one snapshot: clients may ask for the same records beside ever other kinds. */
const keptBytes = 64 * 1024 * 1024

/** Lines of each kind, by name, as of one point of one epoch. */
export interface TakenSnapshot {
  readonly epoch: string
  readonly point: Point
  readonly kinds: ReadonlyMap<string, Lines>
}

export interface SnapshotParts {
  readonly clock: Clock
  /** The connection to read through; the store's own when it is in memory, where a read transaction must end with the turn. */
  readonly openReader: () => Promise<SnapshotReader>
  /** Resolves when a revision is published. Rejects when the store closes before that. */
  readonly whenPublished: (revision: number) => Promise<void>
  readonly head: () => Point
}

interface Shared {
  readonly taken: Promise<TakenSnapshot>
  /** The elapsed time at which it was whole; Infinity before. */
  takenAt: number
  /** 0 before it is whole. */
  bytes: number
  /** Lets go of it. */
  end: Timer | undefined
}

export class Snapshots {
  readonly #parts: SnapshotParts
  readonly #shared = new Map<string, Shared>()
  #reader: SnapshotReader | undefined
  /** How often `close` was called. */
  #closings = 0
  #last: Promise<unknown> = Promise.resolve()
  /** The elapsed time at which the read transaction that is open began; undefined when none is. */
  openSince: number | undefined

  constructor(parts: SnapshotParts) {
    this.#parts = parts
  }

  /** A new snapshot of these kinds, or, where `isShared`, one at most 1 s and 1,000 commits old, or of any age while nothing is committed. */
  async take(sources: readonly SnapshotSource[], isShared: boolean): Promise<TakenSnapshot> {
    if (!isShared) return this.#queue(sources)
    const key = sources.map(({ name, only = '' }) => name + only).join()
    const known = this.#shared.get(key)
    if (known !== undefined) {
      if (await this.#isFresh(known)) return this.#keep(key, known)
      this.#drop(key, known)
    }
    // Of several who waited, the first begins another one; it is as new as one of their own would be.
    return this.#keep(key, this.#shared.get(key) ?? this.#begin(key, sources))
  }

  /** Shares nothing that was taken before: the history is another one. */
  forget(): void {
    for (const [key, shared] of this.#shared) this.#drop(key, shared)
  }

  /** Ends the read connection; snapshots that are being taken fail. */
  close(): void {
    this.#closings += 1
    this.forget()
    if (this.#reader?.isOwn === true && this.#reader.connection.isOpen) this.#reader.connection.close()
    this.#reader = undefined
  }

  async #isFresh({ taken, takenAt }: Shared): Promise<boolean> {
    const { point } = await taken
    const commits = this.#parts.head().revision - point.revision
    return commits <= (this.#parts.clock.elapsed() - takenAt > sharedMs ? 0 : sharedCommits)
  }

  #begin(key: string, sources: readonly SnapshotSource[]): Shared {
    const shared: Shared = { taken: this.#queue(sources), takenAt: Infinity, bytes: 0, end: undefined }
    this.#shared.set(key, shared)
    shared.taken.then(
      (taken) => {
        shared.takenAt = this.#parts.clock.elapsed()
        shared.bytes = bytesOf(taken)
        this.#makeRoom(shared)
      },
      () => this.#drop(key, shared),
    )
    return shared
  }

  #keep(key: string, shared: Shared): Promise<TakenSnapshot> {
    shared.end?.cancel()
    // Who waited for it may be given one that was let go meanwhile.
    if (this.#shared.get(key) === shared) shared.end = this.#parts.clock.after(keptMs, () => this.#drop(key, shared), { background: true })
    return shared.taken
  }

  /** Lets go of the oldest others while they are too many together. */
  #makeRoom(newest: Shared): void {
    let bytes = [...this.#shared.values()].reduce((sum, shared) => sum + shared.bytes, 0)
    for (const [key, shared] of this.#shared) {
      if (bytes <= keptBytes) return
      if (shared === newest || shared.bytes === 0) continue
      bytes -= shared.bytes
      this.#drop(key, shared)
    }
  }

  #drop(key: string, shared: Shared): void {
    shared.end?.cancel()
    if (this.#shared.get(key) === shared) this.#shared.delete(key)
  }

  async #open(): Promise<SnapshotReader> {
    if (this.#reader !== undefined) return this.#reader
    const closings = this.#closings
    const reader = await this.#parts.openReader()
    if (closings === this.#closings) this.#reader = reader
    else if (reader.isOwn) reader.connection.close()
    return reader
  }

  /** One at a time: they share the connection. */
  #queue(sources: readonly SnapshotSource[]): Promise<TakenSnapshot> {
    const taken = this.#last.then(() => this.#take(sources))
    this.#last = taken.catch(() => undefined)
    return taken
  }

  async #take(sources: readonly SnapshotSource[]): Promise<TakenSnapshot> {
    const { connection, isOwn } = await this.#open()
    const taken = isOwn ? await this.#readInSlices(connection, sources) : readAtOnce(connection, sources)
    await this.#parts.whenPublished(taken.point.revision)
    return taken
  }

  async #readInSlices(connection: Connection, sources: readonly SnapshotSource[]): Promise<TakenSnapshot> {
    const { clock } = this.#parts
    const pace = new Pace(clock)
    connection.exec('BEGIN')
    this.openSince = clock.elapsed()
    try {
      const { epoch, point } = readPoint(connection)
      const kinds = new Map<string, Lines>()
      for (const source of sources) kinds.set(source.name, await readSource(source, connection, pace))
      return { epoch, point, kinds }
    } finally {
      this.openSince = undefined
      if (connection.isOpen) connection.exec('COMMIT')
    }
  }
}

/** Lines of one kind, in pieces. */
interface Lines {
  readonly count: number
  readonly bytes: readonly Uint8Array[]
}

function bytesOf({ kinds }: TakenSnapshot): number {
  return [...kinds.values()].flatMap(({ bytes }) => bytes).reduce((sum, { byteLength }) => sum + byteLength, 0)
}

async function readSource(source: SnapshotSource, connection: Connection, pace: Pace): Promise<Lines> {
  const bytes: Uint8Array[] = []
  let count = 0
  const slices = source.slices(connection)
  slices.next(0)
  pace.begin()
  for (let slice = slices.next(pace.rows); slice.done !== true; slice = slices.next(pace.rows)) {
    if (slice.value.count > 0) bytes.push(slice.value.bytes)
    count += slice.value.count
    await pace.next()
  }
  return { count, bytes }
}

function readAtOnce(connection: Connection, sources: readonly SnapshotSource[]): TakenSnapshot {
  const { epoch, point } = readPoint(connection)
  const kinds = new Map<string, Lines>()
  for (const source of sources) {
    const slices = source.slices(connection)
    slices.next(0)
    const read: Slice[] = []
    for (let slice = slices.next(mostRows); slice.done !== true; slice = slices.next(mostRows)) read.push(slice.value)
    const full = read.filter(({ count }) => count > 0)
    kinds.set(source.name, { count: full.reduce((sum, { count }) => sum + count, 0), bytes: full.map(({ bytes }) => bytes) })
  }
  return { epoch, point, kinds }
}

function readPoint(connection: Connection): { readonly epoch: string; readonly point: Point } {
  const fact = connection.prepare('SELECT value FROM hf_meta WHERE name = ?')
  const head = connection.prepare(readHead).get()
  const [revision, chain, position] = head ?? ['horizon_revision', 'horizon_chain', 'horizon_position'].map((name) => fact.get(name)?.[0])
  return {
    epoch: String(fact.get('epoch')?.[0]),
    point: { revision: Number(revision), chain: String(chain), position: Number(position) },
  }
}
