/** The whole check: a list of files in, a list of complaints out. */
import { checkCycles } from './check-cycles.ts'
import { checkImports } from './check-imports.ts'
import { checkModule } from './check-module.ts'
import { parseModule } from './source-module.ts'

/**
 * Holds files against the floors.
 *
 * @param files path from the project's root → text; tests may cross nothing but state and length rules
 */
export function checkArchitecture(files: ReadonlyMap<string, string>): string[] {
  const modules = [...files].map(([path, text]) => parseModule(path, text))
  const owned = modules.filter(({ path }) => path.startsWith('src/') && !/\.test(-d)?\.ts$/.test(path))
  return [...modules.flatMap(checkImports), ...owned.flatMap(checkModule), ...checkCycles(modules)]
}
