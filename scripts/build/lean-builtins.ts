/**
 * Takes Node's own modules without importing them: `import { dirname } from "node:path"` becomes
 * `const { dirname } = process.getBuiltinModule?.("node:path") ?? {}`.
 *
 * An import makes Node evaluate every export of the module, and with `fs` come its promises and streams: 2.4 MiB in the store's thread
 * and about as much in the helper's, where the module itself is there already. A Node too old to have the function gets nothing from
 * it, as nothing of it is used before `openStore` has refused that Node in one sentence.
 *
 * @param code a bundled module; imports stand one a line at its top, as the bundler writes them
 */
export function leanBuiltins(code: string): string {
  return code.replaceAll(/^import (\* as \w+|\{[^}]*\}) from "(node:[\w/]+)";$/gm, (_, names: string, module: string) => {
    const bound = names.startsWith('*') ? names.slice('* as '.length) : names.replaceAll(' as ', ': ')
    return `const ${bound} = process.getBuiltinModule?.("${module}") ?? {};`
  })
}
