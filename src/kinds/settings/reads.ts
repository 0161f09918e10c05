import { misuse } from '../../base/misuse.ts'
import { checkOptions, flag } from '../../base/options.ts'
import type { CommitOptions, CommitResult } from '../../engine/commit/commit-request.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { Change, Commit } from '../../state/change.ts'
import type { SettingInputs, Settings, SettingsKind, SettingValue } from '../../state/settings-kind.ts'
import { explainSetting, type SettingExplanation } from './explain.ts'
import type { Layers } from './layers.ts'
import type { SettingsTx } from './tx.ts'

export interface ExplainOptions {
  /** Shows the values of a secret setting; for the program itself, never for what answers others. Default false. */
  readonly revealSecret?: boolean
}

/** Called once for each published commit that sets or resets some of what is watched, with their names. */
export type SettingsWatcher<Name extends string> = (names: readonly Name[], commit: Commit) => void

/** What `store.<settings>` offers. Reads are synchronous and see the newest commit, durable or not. */
export interface SettingsReads<Declared extends Settings = Settings> {
  /**
   * The value that holds, frozen: set at run time, else what the program was started with, else the default.
   *
   * @throws HoldfastError SETTING_UNKNOWN
   */
  get<Name extends keyof Declared & string>(name: Name): SettingValue<Declared[Name]>
  /**
   * All layers of a setting: which one holds, and why the others do not.
   *
   * @throws HoldfastError SETTING_UNKNOWN
   */
  explain<Name extends keyof Declared & string>(name: Name, options?: ExplainOptions): SettingExplanation<SettingValue<Declared[Name]>>
  /** As `set` in a commit, in one of its own. */
  set(values: SettingInputs<Declared>, options?: CommitOptions): Promise<CommitResult<void>>
  /** As `reset` in a commit, in one of its own. */
  reset(name?: keyof Declared & string, options?: CommitOptions): Promise<CommitResult<number>>
  /** Calls back after publication. Inside, `get` answers with the newest value, which may be newer still. Returns the unsubscriber. */
  watch(watcher: SettingsWatcher<keyof Declared & string>): () => void
  /** As above, for some settings only. */
  watch<Name extends keyof Declared & string>(names: readonly Name[], watcher: SettingsWatcher<Name>): () => void
}

const explainRules = { revealSecret: flag() }

export interface SettingsReadsParts {
  readonly name: string
  readonly kind: SettingsKind
  readonly layers: Layers
  readonly services: KindServices
}

export function createSettingsReads(parts: SettingsReadsParts): SettingsReads {
  const { name: kindName, layers, services } = parts
  const { beginRead, commit } = services
  return Object.freeze({
    get(name: string) {
      if (!layers.isCurrent) beginRead('get')
      return layers.get(name) as never
    },
    explain(name: string, options: ExplainOptions = {}) {
      beginRead('explain')
      checkOptions('explain', options, explainRules)
      return explainSetting(layers, name, options.revealSecret === true) as never
    },
    set(values: SettingInputs<Settings>, options?: CommitOptions) {
      // Read now: the commit runs later, and what was given may have changed by then.
      const given = copyOf(values)
      return commit(kindName, (tx: SettingsTx) => tx.set(given), options)
    },
    reset(name?: string, options?: CommitOptions) {
      return commit(kindName, (tx: SettingsTx) => tx.reset(name), options)
    },
    watch(first: readonly string[] | SettingsWatcher<string>, second?: SettingsWatcher<string>) {
      return watchSettings(parts, first, second)
    },
  })
}

function copyOf(values: SettingInputs<Settings>): SettingInputs<Settings> {
  const isObject = typeof values === 'object' && values !== null && !Array.isArray(values)
  return isObject ? { ...values } : values
}

function watchSettings(
  { name: kindName, kind, layers, services }: SettingsReadsParts,
  first: readonly string[] | SettingsWatcher<string>,
  second: SettingsWatcher<string> | undefined,
): () => void {
  const names = typeof first === 'function' ? Object.keys(kind.settings) : first
  const watcher = typeof first === 'function' ? first : second
  if (!Array.isArray(names)) throw misuse('names', 'a list of names of settings', names)
  if (typeof watcher !== 'function') throw misuse('watcher', 'a function', watcher)
  for (const name of names) layers.declared(name)
  const watched = new Set<string>(names)
  return services.watch(kindName, (changes: readonly Change[], commit: Commit) => {
    const changed = changes.flatMap((change) => ('key' in change && watched.has(change.key) ? [change.key] : []))
    return changed.length === 0 ? undefined : watcher(changed, commit)
  })
}
