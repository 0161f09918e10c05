/** Values of settings on their way in, and on their way out (rule S2). */
import { HoldfastError } from '../../base/error.ts'
import type { Setting } from '../../state/settings-kind.ts'
import { validate } from '../../state/standard-schema.ts'
import { fromStoredText, type StoredForm, toStored } from '../../state/value.ts'
import type { Given } from './given.ts'

/** What came of judging a value: what it is, deeply frozen, or why it is none. */
export type Judgement = { readonly value: unknown } | { readonly error: unknown }

/**
 * What is stored of a value.
 *
 * @param label names the setting in errors
 * @throws HoldfastError SCHEMA_REJECTED · SCHEMA_ASYNC · VALUE_INVALID; of a secret setting they say nothing of the value
 */
export function readValue({ schema, isSecret }: Setting, label: string, value: unknown): StoredForm {
  const output = validate(schema, value, label)
  if (!isSecret) return toStored(output, label)
  try {
    return toStored(output, label)
  } catch {
    const details = { kind: label, path: '$', reason: 'is secret, and nothing that can be stored' }
    throw new HoldfastError('VALUE_INVALID', `The value for "${label}" cannot be stored.`, details)
  }
}

/** Judges what is in a layer; `value` itself where the schema leaves it as it is. */
export function judge(setting: Setting, label: string, value: unknown, text?: string): Judgement {
  try {
    const stored = readValue(setting, label, value)
    return { value: stored.text === text ? value : fromStoredText(stored.text) }
  } catch (error) {
    return { error }
  }
}

/** Judges a value of the bootstrap layer. Text that is refused as it stands may be JSON. */
export function judgeGiven(setting: Setting, label: string, { value, isText }: Given): Judgement {
  const asItStands = judge(setting, label, value)
  if (!isText || 'value' in asItStands || typeof value !== 'string') return asItStands
  const parsed = parse(value)
  if (parsed === undefined) return asItStands
  const asJson = judge(setting, label, parsed)
  return 'value' in asJson ? asJson : asItStands
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
