/**
 * What this process knows of the store's history: its head, its horizon, its epoch.
 *
 * Own commits move the head in memory. Whether other connections have written is asked of SQLite (`PRAGMA data_version`, a
 * number that changes only then) inside whatever transaction is about to rely on the answer, so the answer cannot age.
 */
import type { Connection, Row, Statement } from '../sqlite/driver.ts'
import { newer } from '../sqlite/store-header.ts'
import { readHead, readMeta } from '../sqlite/tables.ts'

/** A point of the history. */
export interface Point {
  readonly revision: number
  readonly chain: string
  /** Bytes of history up to and with this commit. */
  readonly position: number
}

/** What others did since the last look. */
export interface Foreign {
  readonly headMoved: boolean
  readonly epochChanged: boolean
  /** Tables of kinds were added or changed. */
  readonly layoutChanged: boolean
}

export class Ledger {
  epoch = ''
  storeId = ''
  stateVersion = 0
  layout = 0
  head: Point = { revision: 0, chain: '', position: 0 }
  horizon: Point = { revision: 0, chain: '', position: 0 }
  /** Raised whenever records may differ from what this process last saw of them. */
  generation = 0
  readonly #directory: string
  #dataVersion: Statement | undefined
  #readMeta: Statement | undefined
  #readHead: Statement | undefined
  #seenVersion: unknown

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Reads everything anew through a fresh connection. */
  attach(connection: Connection): void {
    this.#dataVersion = connection.prepare('PRAGMA data_version')
    this.#readMeta = connection.prepare(readMeta)
    this.#readHead = connection.prepare(readHead)
    this.#seenVersion = this.#dataVersion.get()?.[0]
    this.#load()
    this.generation += 1
  }

  /**
   * Looks for what other connections wrote. Call inside a transaction.
   *
   * @returns undefined when nothing did
   * @throws HoldfastError STORE_NEWER when another program has migrated the store meanwhile
   */
  refresh(): Foreign | undefined {
    const version = this.#dataVersion?.get()?.[0]
    if (version === this.#seenVersion) return undefined
    const before = { revision: this.head.revision, epoch: this.epoch, layout: this.layout, stateVersion: this.stateVersion }
    this.#load()
    this.generation += 1
    if (this.stateVersion > before.stateVersion) {
      const stored = this.stateVersion
      this.stateVersion = before.stateVersion
      throw newer(this.#directory, stored, before.stateVersion, 'state')
    }
    this.#seenVersion = version
    return {
      headMoved: this.head.revision !== before.revision,
      epochChanged: this.epoch !== before.epoch,
      layoutChanged: this.layout !== before.layout,
    }
  }

  #load(): void {
    const facts = new Map((this.#readMeta?.all() ?? []).map(([name, value]) => [name, value]))
    this.epoch = String(facts.get('epoch'))
    this.storeId = String(facts.get('store_id'))
    this.stateVersion = Number(facts.get('state_version'))
    this.layout = Number(facts.get('layout') ?? 0)
    this.horizon = {
      revision: Number(facts.get('horizon_revision')),
      chain: String(facts.get('horizon_chain')),
      position: Number(facts.get('horizon_position')),
    }
    this.head = toPoint(this.#readHead?.get()) ?? this.horizon
  }
}

function toPoint(row: Row | undefined): Point | undefined {
  return row && { revision: Number(row[0]), chain: String(row[1]), position: Number(row[2]) }
}
