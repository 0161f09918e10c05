/** Import cycles between files, type imports included. */
import type { SourceModule } from './source-module.ts'

/** One complaint per cycle met, naming the files in order. */
export function checkCycles(modules: readonly SourceModule[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const done = new Set<string>()
  const complaints: string[] = []

  const visit = (path: string, trail: readonly string[]): void => {
    const repeated = trail.indexOf(path)
    if (repeated >= 0) complaints.push(`import cycle: ${[...trail.slice(repeated), path].join(' → ')}`)
    if (repeated >= 0 || done.has(path)) return
    for (const { target } of byPath.get(path)?.imports ?? []) if (target !== undefined) visit(target, [...trail, path])
    done.add(path)
  }

  for (const module of modules) visit(module.path, [])
  return complaints
}
