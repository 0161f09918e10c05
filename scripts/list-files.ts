import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'

/** The project's root directory. */
export const projectRoot: string = join(import.meta.dirname, '..')

/** Files under the project's root that match, as paths with `/`, in order; build output and packages are left out. */
export function listFiles(...patterns: string[]): string[] {
  const found = globSync(patterns, { cwd: projectRoot, exclude: ['**/node_modules/**', 'dist/**'] })
  return found.map((path) => path.split(sep).join('/')).toSorted()
}

/** The text of each file that matches, by path from the project's root. */
export function readFiles(...patterns: string[]): Map<string, string> {
  return new Map(listFiles(...patterns).map((path) => [path, readFileSync(join(projectRoot, path), 'utf8')]))
}
