/**
 * The rows that Holdfast writes for a put or an append, byte for byte, made before the time is taken.
 *
 * They come from Holdfast's own functions, so that a change of what is stored changes both sides.
 */
import { changeHeads, encodeAppend, type EncodedKind, encodePut } from '../../src/engine/history/encode-change.ts'
import { firstChain, nextChain } from '../../src/engine/identity.ts'
import { recordCrc } from '../../src/engine/records/record-table.ts'
import { entryCrc } from '../../src/kinds/log/tables.ts'
import { toIndexColumn } from '../../src/state/index-order.ts'
import type { HostValue } from '../workload/bench-state.ts'
import { createLine, createPut } from '../workload/hosts.ts'

/** Numbers of the two kinds, as a new store gives them. */
export const hostsId = 1
export const linesId = 2

const instance = 'bareness'
const startedAt = 1_790_000_000_000

/** A row of hf_commit. */
export type CommitBinds = readonly [
  revision: number,
  chain: string,
  at: number,
  instance: string,
  counter: number,
  actor: null,
  label: null,
  position: number,
  changes: string,
]

/** A host's record. */
export type RecordBinds = readonly [
  key: string,
  value: string,
  revision: number,
  at: number,
  crc: number,
  f0: string | number,
  f1: string | number,
]

/** A log entry. */
export type EntryBinds = readonly [seq: number, stream: string, value: string, revision: number, at: number, crc: number]

export interface PutRows {
  readonly record: RecordBinds
  readonly isReplacing: boolean
  readonly commit: CommitBinds
}

export interface AppendRows {
  readonly entry: EntryBinds
  readonly commit: CommitBinds
}

const hosts: EncodedKind = { isHashed: false, heads: changeHeads(hostsId, false) }
const lines: EncodedKind = { isHashed: false, heads: changeHeads(linesId, false) }

/** Rows in the order of their numbers; the chain goes on from call to call. */
export class RowMaker {
  #chain: string = firstChain('bare')
  #position = 0

  put(number: number): PutRows {
    const { host, before } = createPut(number)
    const revision = number + 1
    const at = startedAt + number
    const value = JSON.stringify(host)
    const was = before && { text: JSON.stringify(before.host), revision: before.number + 1 }
    const changes = `[${encodePut(hosts, host.address, value, was)}]`
    const crc = recordCrc(hostsId, host.address, revision, value)
    const record: RecordBinds = [host.address, value, revision, at, crc, ...indexCells(host)]
    return { record, isReplacing: before !== undefined, commit: this.#commit(revision, at, changes) }
  }

  append(number: number): AppendRows {
    const revision = number + 1
    const at = startedAt + number
    const text = JSON.stringify(createLine(number))
    const changes = `[${encodeAppend(lines, revision, '', text)}]`
    const crc = entryCrc(linesId, { seq: revision, stream: '', revision, text })
    return { entry: [revision, '', text, revision, at, crc], commit: this.#commit(revision, at, changes) }
  }

  #commit(revision: number, at: number, changes: string): CommitBinds {
    this.#chain = nextChain(this.#chain, { revision, at, instance, counter: revision, actor: null, label: null, changes })
    this.#position += Buffer.byteLength(changes) + 96
    return [revision, this.#chain, at, instance, revision, null, null, this.#position, changes]
  }
}

function indexCells(host: HostValue): [string | number, string | number] {
  return [
    toIndexColumn(host.status, { kind: 'hosts', field: 'status' }),
    toIndexColumn(host.lastSeenAt, { kind: 'hosts', field: 'lastSeenAt' }),
  ]
}
