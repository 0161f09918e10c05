/** Reads the bootstrap layer of settings, before anything of the store is touched: what is wrong with it leaves nothing half-done. */
import * as path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { misuse, unknownOption } from '../base/misuse.ts'
import { nearest } from '../base/nearest.ts'
import { checkOptions, object, type OptionRules, text } from '../base/options.ts'
import type { Report } from '../base/report.ts'
import type { BootstrapSources, Given, GivenValues } from '../kinds/settings/given.ts'
import type { Kinds } from '../state/define-state.ts'
import type { SettingsKind } from '../state/settings-kind.ts'
import { readSettingsFile } from './settings-file.ts'

/** By name of the kind. */
export type GivenByKind = ReadonlyMap<string, GivenValues>

/** Sources by name of the kind of settings. */
export type Bootstrap<Declared extends Kinds = Kinds> = {
  readonly [Name in keyof Declared as Declared[Name] extends SettingsKind ? Name : never]?: Declared[Name] extends SettingsKind<
    infer Settings
  >
    ? BootstrapSources<Settings>
    : never
}

const sourceRules: OptionRules = { flags: object(), env: object(), file: text() }

/**
 * @throws TypeError for a kind that is none of settings, a flag that is no setting, an unknown source or a wrong one
 * @throws HoldfastError SETTINGS_FILE_INVALID
 */
export async function readBootstrap(kinds: Kinds, bootstrap: object | undefined, report: Report): Promise<GivenByKind> {
  const given = new Map<string, GivenValues>()
  const known = Object.keys(kinds).filter((name) => kinds[name]?.type === 'settings')
  for (const [name, sources] of Object.entries(bootstrap ?? {})) {
    const kind = kinds[name]
    if (kind?.type !== 'settings') throw unknownOption('bootstrap', name, known)
    given.set(name, await readSources(name, kind, { sources: sources as BootstrapSources, report }))
  }
  return given
}

async function readSources(
  name: string,
  { settings }: SettingsKind,
  { sources, report }: { readonly sources: BootstrapSources; readonly report: Report },
): Promise<GivenValues> {
  checkOptions(`bootstrap.${name}`, sources, sourceRules)
  const { flags = {}, env = {}, file } = sources
  const declared = Object.keys(settings)
  for (const flag of Object.keys(flags)) if (!declared.includes(flag)) throw unknownOption(`bootstrap.${name}.flags`, flag, declared)
  if (file === '') throw misuse('file', 'a path', file)
  const absolute = file === undefined ? undefined : path.resolve(file)
  const fromFile = absolute === undefined ? {} : await readSettingsFile(absolute)
  for (const key of Object.keys(fromFile)) if (!declared.includes(key)) reportUnknown(report, { name, key, file: absolute ?? '', declared })
  const values = new Map<string, readonly Given[]>()
  for (const [setting, { env: variable }] of Object.entries(settings)) {
    const given: Given[] = []
    const flag: unknown = flags[setting]
    if (flag !== undefined) given.push({ source: 'flags', value: flag, isText: typeof flag === 'string' })
    const fromEnv = variable === undefined ? undefined : env[variable]
    if (variable !== undefined && fromEnv !== undefined && fromEnv !== '') given.push({ source: variable, value: fromEnv, isText: true })
    if (Object.hasOwn(fromFile, setting)) given.push({ source: absolute ?? '', value: fromFile[setting], isText: false })
    if (given.length > 0) values.set(setting, given)
  }
  return values
}

function reportUnknown(
  report: Report,
  {
    name,
    key,
    file,
    declared,
  }: { readonly name: string; readonly key: string; readonly file: string; readonly declared: readonly string[] },
): void {
  const meant = nearest(key, declared)
  const hint = meant === undefined ? 'it is passed over' : `it is passed over; was "${meant}" meant?`
  report({ type: 'setting-invalid', message: `The file ${file} sets ${JSON.stringify(key)}, which is no setting of "${name}": ${hint}` })
}

/** Two programs are started with the same; of engines that are shared. */
export function isSameBootstrap(a: GivenByKind, b: GivenByKind): boolean {
  return isDeepStrictEqual(a, b)
}
