/**
 * The layers of settings, and which one holds: what was set at run time, else what the program was started with, else the default.
 *
 * What holds is remembered by name until records may have changed: when others have committed (the ledger counts a generation), and
 * when a commit of this process writes a setting or takes such a write back. A value that its schema refuses is passed over, and
 * reported once for each text it is stored as (rule S2).
 */
import { HoldfastError } from '../../base/error.ts'
import { nearest } from '../../base/nearest.ts'
import type { Report } from '../../base/report.ts'
import type { Slot } from '../../engine/records/record-cache.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Ledger } from '../../engine/ledger.ts'
import { type Setting, settingOf, type SettingsKind } from '../../state/settings-kind.ts'
import type { Given, GivenValues } from './given.ts'
import { judge, judgeGiven, type Judgement } from './read-value.ts'

export interface LayersParts {
  readonly name: string
  readonly kind: SettingsKind
  readonly records: RecordSet
  readonly given: GivenValues
  readonly ledger: Ledger
  readonly turn: { readonly number: number }
  readonly report: Report
  readonly onUndecodable: (kind: string, key: string) => void
}

/** A value of the bootstrap layer, judged. */
export interface JudgedGiven {
  readonly source: string
  readonly judgement: Judgement
}

/** A value that was set at run time, judged. */
export interface JudgedRecord {
  readonly slot: Slot
  readonly judgement: Judgement
}

export class Layers {
  readonly #parts: LayersParts
  readonly #turn: { readonly number: number }
  readonly #given = new Map<string, readonly JudgedGiven[]>()
  /** Judgements of stored texts. */
  readonly #judged = new Map<string, { readonly text: string; readonly judgement: Judgement }>()
  #holding = new Map<string, unknown>()
  /** The generation for which it is so, and the turn that has looked. */
  #generation = -1
  #seenIn = -1

  constructor(parts: LayersParts) {
    this.#parts = parts
    this.#turn = parts.turn
    for (const [setting, given] of parts.given) this.#given.set(setting, this.#judgeGiven(setting, given))
  }

  /** True when this turn has been looked at: what is remembered holds to its end. */
  get isCurrent(): boolean {
    return this.#turn.number === this.#seenIn
  }

  /** What holds. Call inside a turn's read transaction or a commit. @throws HoldfastError SETTING_UNKNOWN */
  get(name: string): unknown {
    if (!this.isCurrent) this.#renew()
    const value = this.#holding.get(name)
    return value === undefined ? this.#find(name) : value
  }

  /** What holds may be something else from now on. */
  forget(): void {
    this.#generation = -1
    this.#seenIn = -1
  }

  /** @throws HoldfastError SETTING_UNKNOWN */
  declared(name: unknown): Setting {
    const { kind, name: kindName } = this.#parts
    const setting = settingOf(kind, name)
    if (setting === undefined) throw unknownSetting(kindName, name, Object.keys(kind.settings))
    return setting
  }

  /** What was set at run time, if anything was. */
  record(name: string): JudgedRecord | undefined {
    const slot = this.#parts.records.find(name)
    if (slot === undefined) return undefined
    const known = this.#judged.get(name)
    if (known?.text === slot.text) return { slot, judgement: known.judgement }
    const judgement = this.#judgeSlot(name, slot)
    this.#judged.set(name, { text: slot.text, judgement })
    return { slot, judgement }
  }

  /** What the program was started with, topmost first. */
  given(name: string): readonly JudgedGiven[] {
    return this.#given.get(name) ?? []
  }

  labelOf(name: string): string {
    return `${this.#parts.name}.${name}`
  }

  #renew(): void {
    const { generation } = this.#parts.ledger
    if (this.#generation !== generation) this.#holding = new Map()
    this.#generation = generation
    // Inside a commit there is no turn, and each look is the first.
    this.#seenIn = this.#turn.number === 0 ? -1 : this.#turn.number
  }

  #find(name: string): unknown {
    const setting = this.declared(name)
    const record = this.record(name)
    const inOrder = [...(record === undefined ? [] : [record]), ...this.given(name)]
    const first = inOrder.find(({ judgement }) => 'value' in judgement)?.judgement
    const value = first !== undefined && 'value' in first ? first.value : setting.default
    this.#holding.set(name, value)
    return value
  }

  #judgeSlot(name: string, slot: Slot): Judgement {
    const { onUndecodable, name: kind } = this.#parts
    const setting = this.declared(name)
    let value: unknown
    try {
      ;({ value } = slot)
    } catch {
      onUndecodable(kind, name)
      // Not what the parser says: it quotes.
      return { error: new Error('the stored text does not parse') }
    }
    const judgement = judge(setting, this.labelOf(name), value, slot.text)
    this.#reportInvalid(name, `set at revision ${slot.revision}`, judgement)
    return judgement
  }

  #judgeGiven(name: string, given: readonly Given[]): readonly JudgedGiven[] {
    const setting = this.declared(name)
    return given.map((one) => {
      const judgement = judgeGiven(setting, this.labelOf(name), one)
      this.#reportInvalid(name, `from ${one.source}`, judgement)
      return { source: one.source, judgement }
    })
  }

  #reportInvalid(name: string, where: string, judgement: Judgement): void {
    if ('value' in judgement) return
    const message = `The value of ${this.labelOf(name)} ${where} is not valid; the layer below holds.`
    this.#parts.report({ type: 'setting-invalid', message, error: judgement.error })
  }
}

function unknownSetting(kind: string, name: unknown, declared: readonly string[]): HoldfastError<'SETTING_UNKNOWN'> {
  const setting = String(name)
  const meant = nearest(setting, declared)
  const listed = declared.length === 0 ? 'it declares none' : `it declares ${declared.join(', ')}`
  const hint = meant === undefined ? listed : `did you mean "${meant}"?`
  return new HoldfastError('SETTING_UNKNOWN', `"${kind}" has no setting ${JSON.stringify(setting)}; ${hint}`, { kind, setting, declared })
}
