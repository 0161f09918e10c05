/** What a program was started with: the bootstrap layer of its settings, as it is given at open. */
import type { SettingInputs, Settings } from '../../state/settings-kind.ts'

/** Where the values of the bootstrap layer come from. Of the same setting a flag comes before the environment, and that before the file. */
export interface BootstrapSources<Declared extends Settings = Settings> {
  /** Values by name, such as those of `parseArgs`; text is read as that of the environment is. */
  readonly flags?: { readonly [Name in keyof Declared]?: SettingInputs<Declared>[Name] | string | undefined }
  /**
   * The program's environment, which is not looked at unless it is given here; of it the variables are read that settings declare with
   * `env`. Text that the schema refuses is read as JSON, so that `8080` and `true` do for a number and a boolean. An empty one counts as
   * not set.
   */
  readonly env?: { readonly [variable: string]: string | undefined }
  /** Path of a JSON file: an object of values by name. One that is not there counts as empty. */
  readonly file?: string
}

/** One value of the bootstrap layer. */
export interface Given {
  /** Where it comes from, for people: `flags`, the name of a variable, the path of a file. */
  readonly source: string
  readonly value: unknown
  /** Text that may stand for something else. */
  readonly isText: boolean
}

/** By name of the setting; topmost first. */
export type GivenValues = ReadonlyMap<string, readonly Given[]>
