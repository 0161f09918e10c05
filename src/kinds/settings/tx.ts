import { misuse } from '../../base/misuse.ts'
import type { ChangeSource, CommitContext } from '../../engine/commit/commit-context.ts'
import type { RecordDraft } from '../../engine/records/record-draft.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Settings, SettingInputs, SettingsKind, SettingValue } from '../../state/settings-kind.ts'
import type { Layers } from './layers.ts'
import { readValue } from './read-value.ts'

/** What `tx.<settings>` offers inside a commit. */
export interface SettingsTx<Declared extends Settings = Settings> {
  /** The value that holds, with what this commit has set. */
  get<Name extends keyof Declared & string>(name: Name): SettingValue<Declared[Name]>
  /**
   * Sets some settings, all or none; properties that are undefined are left out.
   *
   * @throws HoldfastError SETTING_UNKNOWN · SCHEMA_REJECTED · VALUE_INVALID
   */
  set(values: SettingInputs<Declared>): void
  /**
   * Takes back what was set at run time, of one setting or of all; the layer below holds again.
   *
   * @returns how many had been set
   */
  reset(name?: keyof Declared & string): number
}

export interface SettingsTxParts {
  readonly records: RecordSet
  readonly layers: Layers
  readonly kind: SettingsKind
}

export class SettingsTxImpl implements SettingsTx {
  readonly #commit: CommitContext
  readonly #parts: SettingsTxParts
  #draft: RecordDraft | undefined

  constructor(commit: CommitContext, parts: SettingsTxParts) {
    this.#commit = commit
    this.#parts = parts
  }

  get(name: string): never {
    this.#assertOpen('get')
    return this.#parts.layers.get(name) as never
  }

  set(values: { readonly [name: string]: unknown }): void {
    this.#assertOpen('set')
    const { layers, records } = this.#parts
    // What was given instead may be the secret itself: its type says enough.
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      throw misuse('values', 'an object of values by name', Array.isArray(values) ? [] : typeof values)
    }
    const read = Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, readValue(layers.declared(name), layers.labelOf(name), value)] as const)
    this.#assertOpen('set')
    for (const [name, stored] of read) records.write(this.#begin(), name, stored)
    layers.forget()
  }

  reset(name?: string): number {
    this.#assertOpen('reset')
    const { layers, records, kind } = this.#parts
    if (name !== undefined) layers.declared(name)
    const names = name === undefined ? Object.keys(kind.settings) : [name]
    const count = names.filter((one) => records.remove(this.#begin(), one)).length
    layers.forget()
    return count
  }

  #begin(): RecordDraft {
    if (this.#draft === undefined) {
      const { records, layers, kind } = this.#parts
      this.#commit.noteKind(kind.durability)
      this.#draft = records.draft(this.#commit)
      this.#commit.register(forgetting(layers))
    }
    return this.#draft
  }

  #assertOpen(method: string): void {
    this.#commit.assertOpen(`${this.#parts.records.name}.${method}`)
  }
}

/** Whatever becomes of a commit, what held before it is not taken for what holds after it. */
function forgetting(layers: Layers): ChangeSource {
  return {
    collect() {
      layers.forget()
      return ''
    },
    restamp: () => layers.forget(),
    undo: () => layers.forget(),
  }
}
