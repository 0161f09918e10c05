import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { KindRuntime, KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import { RecordSet } from '../../engine/records/record-set.ts'
import { readRecordLine, recordSnapshot } from '../../engine/records/record-snapshot.ts'
import type { LineReader } from '../../engine/snapshot/snapshot.ts'
import type { SnapshotSource } from '../../engine/snapshot/snapshot-source.ts'
import type { FeedMode } from '../../state/kind.ts'
import type { SettingsKind } from '../../state/settings-kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import type { GivenValues } from './given.ts'
import { Layers } from './layers.ts'
import { createSettingsReads, type SettingsReads } from './reads.ts'
import { SettingsTxImpl, type SettingsTxParts } from './tx.ts'

export interface SettingsServices extends KindServices {
  /** What the program was started with. */
  readonly given: GivenValues
}

const noColumns = Object.freeze({ names: [], columnsOf: () => [], findConflict: () => undefined })

/** Settings at work. */
export class SettingsRuntime implements KindRuntime {
  readonly id: number
  readonly name: string
  readonly feed: FeedMode
  readonly reads: SettingsReads
  readonly snapshot: SnapshotSource
  readonly readLine: LineReader = readRecordLine
  /** Also what this program does not declare: it may be a secret of another one. And all of them where they have no feed. */
  readonly isSecret: (key: string) => boolean
  isStored = false
  readonly #records: RecordSet
  readonly #layers: Layers
  readonly #parts: SettingsTxParts

  constructor(id: number, name: string, kind: SettingsKind, services: SettingsServices) {
    const plain = Object.entries(kind.settings).flatMap(([setting, { isSecret }]) => (isSecret ? [] : [setting]))
    const isPlain = new Set(plain)
    this.id = id
    this.name = name
    this.feed = kind.feed
    this.isSecret = (key) => kind.feed === 'none' || !isPlain.has(key)
    this.#records = new RecordSet({ id, name, isHashed: kind.feed !== 'value', isSecret: this.isSecret, isLocal: false, ...services })
    this.#layers = new Layers({ name, kind, records: this.#records, ...services })
    this.#parts = { records: this.#records, layers: this.#layers, kind }
    this.reads = createSettingsReads({ name, kind, layers: this.#layers, services })
    this.snapshot = recordSnapshot(id, name, plain)
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    this.isStored = stored !== undefined
    this.#records.attach(stored === undefined ? undefined : connection, noColumns)
    this.#layers.forget()
  }

  createTx(commit: CommitContext): object {
    return new SettingsTxImpl(commit, this.#parts)
  }

  origin(key: string): { readonly revision: number; readonly at: number } | undefined {
    const slot = this.#records.find(key)
    return slot && { revision: slot.revision, at: slot.at }
  }

  forget(): void {
    this.#records.forget()
    this.#layers.forget()
  }
}
