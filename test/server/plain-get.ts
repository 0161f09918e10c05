/** The feed for those who have nothing but GET: the snapshot, asked for again and again, which is not sent while it is the same. */
import { expect } from 'vitest'
import { readSnapshot } from '../support/read-snapshot.ts'
import type { AnyHandle, Everywhere, EverythingReplica } from './everywhere.ts'

/** `[key, revision, at, value]`, or of a log `[seq, stream, revision, at, value]`. */
type Line = readonly unknown[]

export class PlainGet {
  readonly #place: Everywhere
  readonly #token: string
  #etag = ''
  #text = ''
  /** The cursor of what is held. */
  cursor = ''

  constructor(place: Everywhere, token = place.token) {
    this.#place = place
    this.#token = token
  }

  /** Asks once. @returns the status: 304 where what is held is what there is, and 200 with something else to hold */
  async read(): Promise<number> {
    const headers = { authorization: `Bearer ${this.#token}`, 'if-none-match': this.#etag }
    const response = await fetch(`${this.#place.url}/state/snapshot`, { headers })
    const text = await response.text()
    if (response.status === 304) return 304
    this.#text = text
    this.#etag = response.headers.get('etag') ?? ''
    this.cursor = response.headers.get('holdfast-cursor') ?? ''
    return response.status
  }

  /** Asks until it has what these replicas hold, which is the same then, and is not sent again. A snapshot that is shared may be a moment old. */
  async agreesWith(replicas: readonly EverythingReplica[]): Promise<void> {
    const { cursor } = replicas[0]?.status ?? {}
    await expect.poll(async () => (await this.read(), this.cursor)).toBe(cursor)
    const { header, items } = readSnapshot(this.#text)
    const kinds = Object.entries(header.kinds).filter(([, { feed }]) => feed === 'value')
    const held = kinds.map(([name]) => [name, items.filter(({ kind }) => kind === name).map(({ item }) => item)] as const)
    for (const replica of replicas) {
      const shown = kinds.map(([name, { type }]) => [name, linesHeld(replica, name, type)] as const)
      expect(shown.map(inOrder)).toEqual(held.map(inOrder))
    }
    expect(await this.read()).toBe(304)
  }
}

interface Entry {
  readonly seq: number
  readonly stream: string
  readonly revision: number
  readonly at: number
  readonly value: unknown
}

/** What a replica holds of a kind, as lines of a snapshot. */
function linesHeld(replica: EverythingReplica, name: string, type: string): Line[] {
  const handle = Reflect.get(replica, name) as AnyHandle
  const lineOf = (key?: string): Line[] => {
    const { revision = 0, at, value } = (handle.entry(key) ?? {}) as Partial<Entry>
    return revision === 0 ? [] : [[key ?? '', revision, at, value]]
  }
  if (type === 'log') {
    const entries = handle.read({ limit: 1000 }) as readonly Entry[]
    return entries.map(({ seq, stream, revision, at, value }) => [seq, stream, revision, at, value])
  }
  if (type === 'document') return lineOf()
  if (type === 'settings') return lineOf('theme')
  return handle.find({ limit: 1000 }).items.flatMap(({ id }) => lineOf(id))
}

/** A snapshot has its lines in the order of its tables. */
function inOrder([name, lines]: readonly [string, readonly Line[]]): unknown {
  return [name, lines.map((line) => JSON.stringify(line)).toSorted()]
}
