import { misuse } from '../base/misuse.ts'
import { anything, checkOptions, flag, oneOf, type OptionRule } from '../base/options.ts'
import { type Durability, durabilities } from './durability.ts'
import type { Frozen } from './frozen.ts'
import type { AnyKind, Carries, Restorable } from './kind.ts'
import { assertName, assertUniqueNames, type ReservedName } from './names.ts'
import { concealing } from './secret-schema.ts'
import { assertSchema, type StandardSchemaV1, validate } from './standard-schema.ts'
import { fromStoredText, toStoredText } from './value.ts'

/** One declared setting; made by `setting`. */
export interface Setting<Input = unknown, Output = unknown, HasDefault extends boolean = boolean> extends Carries<Input, Output> {
  /** Of a secret setting, one that says nothing of what it refuses. */
  readonly schema: StandardSchemaV1
  /** What holds where no other layer has a value; undefined for nothing. */
  readonly default: Frozen<Output> | undefined
  readonly isSecret: boolean
  /** The environment variable that may set it. */
  readonly env: string | undefined
  /** For inference only. */
  readonly '~hasDefault'?: HasDefault
}

/** What a setting is declared with, besides its schema. */
export interface SettingOptions<Input> {
  /** What holds where no other layer has a value. */
  readonly default?: Frozen<Input>
  /** Its value leaves the program by no way: it is in no history, feed, snapshot, page, message or explanation. Default false. */
  readonly secret?: boolean
  /** Name of the environment variable that may set it, where the program gives the environment at open. */
  readonly env?: string
}

/** Settings by name. */
export interface Settings {
  readonly [name: string]: Setting
}

/** What a setting is when it is read. */
export type SettingValue<Declared> =
  Declared extends Setting<infer _Input, infer Output, infer HasDefault>
    ? Frozen<Output> | (HasDefault extends true ? never : undefined)
    : never

/** Values to set, of some settings. */
export type SettingInputs<Declared> = {
  readonly [Name in keyof Declared]?: Declared[Name] extends Setting<infer Input> ? Frozen<Input> : never
}

/** `'none'`: replicas get nothing of them. Values on demand are not offered: what is asked for by name is hard to keep secret. */
export type SettingsFeed = 'value' | 'none'

/** Typed settings in layers. */
export interface SettingsKind<Declared extends Settings = Settings, Feed extends SettingsFeed = SettingsFeed> extends AnyKind {
  readonly type: 'settings'
  readonly feed: Feed
  readonly durability: Durability | undefined
  readonly settings: Declared
}

const envRule: OptionRule = {
  expected: 'the name of an environment variable',
  accepts: (given) => typeof given === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(given),
}
const settingRules = { default: anything(), secret: flag(), env: envRule }
const settingsRules = { feed: oneOf(['value', 'none']), durability: oneOf(durabilities) }

/**
 * Declares one setting, for `settings`.
 *
 * @param schema any Standard Schema whose output can be written again
 * @throws TypeError for a thing that is not a schema, an unknown option or a wrong one
 * @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID for a default that the schema refuses or that cannot be stored
 */
export function setting<Schema extends StandardSchemaV1>(
  schema: Schema & Restorable<Schema>,
  options: SettingOptions<StandardSchemaV1.InferInput<Schema>> & { readonly default: unknown },
): Setting<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>, true>
export function setting<Schema extends StandardSchemaV1>(
  schema: Schema & Restorable<Schema>,
  options?: SettingOptions<StandardSchemaV1.InferInput<Schema>>,
): Setting<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>, false>
export function setting(given: StandardSchemaV1, options: SettingOptions<unknown> = {}): Setting {
  assertSchema('setting', given)
  checkOptions('setting', options, settingRules)
  const { secret: isSecret = false, env } = options
  const schema = isSecret ? concealing(given) : given
  const standard = options.default === undefined ? undefined : readDefault(schema, options.default)
  return Object.freeze({ schema, default: standard, isSecret, env })
}

function readDefault(schema: StandardSchemaV1, value: unknown): Frozen<unknown> {
  return fromStoredText(toStoredText(validate(schema, value, 'default'), 'default'))
}

/** A reserved name is a type error that says so (rule N1). */
type Named<Declared> = { readonly [Name in keyof Declared]: Name extends ReservedName ? 'this name is reserved' : unknown }

/**
 * Declares settings in layers: the default, what the program was started with (a file, the environment, flags), and what was set at
 * run time. The topmost valid one holds.
 *
 * @throws TypeError for a setting that was not made by `setting`, an unknown option or a wrong one
 * @throws HoldfastError DEFINITION_INVALID for a bad or reserved name
 */
export function settings<const Declared extends Settings, const Feed extends SettingsFeed = 'value'>(
  declared: Declared & Named<Declared>,
  options: { readonly feed?: Feed; readonly durability?: Durability } = {},
): SettingsKind<Declared, NoInfer<Feed>> {
  if (typeof declared !== 'object' || declared === null) throw misuse('settings', 'an object of settings by name', declared)
  checkOptions('settings', options, settingsRules)
  const names = Object.keys(declared)
  for (const name of names) {
    assertName('setting', name)
    const { schema } = (declared[name] ?? {}) as Partial<Setting>
    if (schema === undefined) throw misuse(`settings.${name}`, 'a setting made by setting()', declared[name])
  }
  assertUniqueNames('setting', names)
  return Object.freeze({
    type: 'settings',
    schema: anyValue,
    settings: Object.freeze({ ...(declared as Declared) }),
    feed: options.feed ?? ('value' as Feed),
    durability: options.durability,
  })
}

/** Each setting has a schema of its own. */
const anyValue: StandardSchemaV1 = Object.freeze({
  '~standard': Object.freeze({ version: 1 as const, vendor: 'holdfast', validate: (value: unknown) => ({ value }) }),
})

/** The setting of this name. */
export function settingOf({ settings: declared }: SettingsKind, name: unknown): Setting | undefined {
  return typeof name === 'string' && Object.hasOwn(declared, name) ? declared[name] : undefined
}
