/** Which layer of a setting holds, and why the others do not (rule S1). */
import type { Setting } from '../../state/settings-kind.ts'
import type { Layers } from './layers.ts'
import type { Judgement } from './read-value.ts'

/** One layer of a setting. */
export interface SettingLayer<Value = unknown> {
  readonly layer: 'runtime' | 'bootstrap' | 'default'
  /** Of the bootstrap layer: `flags`, the name of the variable, the path of the file. Undefined elsewhere, and where nothing is given. */
  readonly source: string | undefined
  readonly standing: 'holds' | 'covered' | 'invalid' | 'absent'
  /** Why it does not hold; undefined of the one that does. */
  readonly reason: string | undefined
  /** Its value; undefined when it has no valid one, and when that is hidden. */
  readonly value: Value | undefined
  /** The commit that set it; only of the runtime layer. */
  readonly revision: number | undefined
  /** Milliseconds since 1970, of that commit. */
  readonly at: number | undefined
}

/** A setting, explained. */
export interface SettingExplanation<Value = unknown> {
  readonly name: string
  /** The values of a secret setting are hidden, unless they were asked for. */
  readonly isSecret: boolean
  readonly isHidden: boolean
  /** The value that holds; undefined when there is none, and when it is hidden. */
  readonly value: Value | undefined
  /** The layer that holds; undefined when there is no value at all. */
  readonly layer: SettingLayer['layer'] | undefined
  /** All layers, topmost first. */
  readonly layers: readonly SettingLayer<Value>[]
}

interface Found {
  readonly layer: SettingLayer['layer']
  readonly source?: string | undefined
  readonly judgement: Judgement | undefined
  readonly revision?: number
  readonly at?: number
}

export function explainSetting(layers: Layers, name: string, revealSecret: boolean): SettingExplanation {
  const setting = layers.declared(name)
  const isHidden = setting.isSecret && !revealSecret
  const found = findLayers(layers, name, setting)
  const holding = found.find(({ judgement }) => judgement !== undefined && 'value' in judgement)
  const explained = found.map((one) => explainLayer(one, holding, isHidden))
  const value = explained.find(({ standing }) => standing === 'holds')?.value
  return Object.freeze({
    name,
    isSecret: setting.isSecret,
    isHidden,
    value,
    layer: holding?.layer,
    layers: Object.freeze(explained),
  })
}

function findLayers(layers: Layers, name: string, setting: Setting): readonly Found[] {
  const record = layers.record(name)
  const stored = record === undefined ? {} : { revision: record.slot.revision, at: record.slot.at }
  const given = layers.given(name).map(({ source, judgement }): Found => ({ layer: 'bootstrap', source, judgement }))
  return [
    { layer: 'runtime', judgement: record?.judgement, ...stored },
    ...(given.length === 0 ? [{ layer: 'bootstrap', judgement: undefined } as const] : given),
    { layer: 'default', judgement: setting.default === undefined ? undefined : { value: setting.default } },
  ]
}

function explainLayer(found: Found, holding: Found | undefined, isHidden: boolean): SettingLayer {
  const { layer, source, judgement, revision, at } = found
  const value = judgement !== undefined && 'value' in judgement && !isHidden ? judgement.value : undefined
  return Object.freeze({ layer, source, ...standingOf(found, holding, judgement), value, revision, at })
}

function standingOf(
  found: Found,
  holding: Found | undefined,
  judgement: Judgement | undefined,
): { readonly standing: SettingLayer['standing']; readonly reason: string | undefined } {
  if (judgement === undefined) return { standing: 'absent', reason: 'It has no value.' }
  if ('error' in judgement) {
    const { error } = judgement
    return { standing: 'invalid', reason: error instanceof Error ? error.message : String(error) }
  }
  if (found === holding) return { standing: 'holds', reason: undefined }
  const above = holding?.source === undefined ? (holding?.layer ?? '') : `${holding.layer} (${holding.source})`
  return { standing: 'covered', reason: `The layer ${above} comes before it.` }
}
