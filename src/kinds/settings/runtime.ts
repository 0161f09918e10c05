import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import { RecordsRuntime } from '../../engine/records/records-runtime.ts'
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
export class SettingsRuntime extends RecordsRuntime {
  readonly reads: SettingsReads
  /** Also what this program does not declare: it may be a secret of another one. And all of them where they have no feed. */
  readonly isSecret: (key: string) => boolean
  readonly #layers: Layers
  readonly #parts: SettingsTxParts

  constructor(id: number, name: string, kind: SettingsKind, services: SettingsServices) {
    const plain = Object.entries(kind.settings).flatMap(([setting, { isSecret }]) => (isSecret ? [] : [setting]))
    const isPlain = new Set(plain)
    const isSecret = (key: string): boolean => kind.feed === 'none' || !isPlain.has(key)
    super({ id, name, feed: kind.feed, services, isSecret, shown: plain })
    this.isSecret = isSecret
    const { records } = this
    this.#layers = new Layers({ name, kind, records, ...services })
    this.#parts = { records, layers: this.#layers, kind }
    this.reads = createSettingsReads({ name, kind, layers: this.#layers, services })
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    this.isStored = stored !== undefined
    this.records.attach(stored === undefined ? undefined : connection, noColumns)
    this.#layers.forget()
  }

  createTx(commit: CommitContext): object {
    return new SettingsTxImpl(commit, this.#parts)
  }

  override forget(): void {
    super.forget()
    this.#layers.forget()
  }
}
