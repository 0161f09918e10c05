/**
 * Takes Node's own modules without importing them: `import { dirname } from "node:path"` becomes
 * `const { dirname } = process.getBuiltinModule?.("node:path") ?? {}`.
 *
 * An import makes Node evaluate every export of the module, and with `fs` come its promises and streams. Measured, an idle store took
 * 1 MiB less without. A Node too old to have the function gets nothing from
 * it, as nothing of it is used before `openStore` has refused that Node in one sentence.
 *
 * @param code a bundled module; imports stand one a line at its top, as the bundler writes them
 * @throws Error for an import of one of Node's modules in a form it does not know
 */
export function leanBuiltins(code: string): string {
  const lean = code.replaceAll(/^import (\* as [\w$]+|\{[^}]*\}) from "(node:[\w/]+)";$/gm, (_, names: string, module: string) => {
    const bound = names.startsWith('*') ? names.slice('* as '.length) : names.replaceAll(' as ', ': ')
    return `const ${bound} = process.getBuiltinModule?.("${module}") ?? {};`
  })
  const left = /^import [^\n]*"node:[^\n]*$/m.exec(lean)
  if (left !== null) throw new Error(`The build cannot take this module of Node without importing it: ${left[0]}`)
  return lean
}
