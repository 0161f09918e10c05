import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'vite'
import { leanBuiltins } from './lean-builtins.ts'
import { toAscii } from './to-ascii.ts'

/**
 * Bundles the compiled modules in `out` into a file for each entry and what the entries share; declarations stay as they are.
 *
 * An open store from one file takes some MiB less than one from a hundred modules, of which Node keeps records of its own.
 *
 * @param entries by the name of the file without `.js`, such as `cli/holdfast`
 */
export async function bundlePackage(out: string, entries: readonly string[]): Promise<void> {
  const result = await build({
    configFile: false,
    envDir: false,
    root: out,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: true,
      write: false,
      minify: false,
      target: 'es2024',
      rolldownOptions: {
        input: Object.fromEntries(entries.map((name) => [name, join(out, `${name}.js`)])),
        output: { format: 'es', comments: false, entryFileNames: '[name].js', chunkFileNames: 'shared/[name].js' },
      },
    },
  })
  if (!('output' in result)) throw new Error('The bundler returned no output')
  for (const file of globSync('**/*.js', { cwd: out })) rmSync(join(out, file))
  const names = new Set(result.output.map(({ fileName }) => fileName))
  for (const file of result.output) {
    if (file.type !== 'chunk') throw new Error(`The bundler made ${file.fileName}, which is no module`)
    const foreign = [...file.imports, ...file.dynamicImports].filter((name) => !isBuiltin(name) && !names.has(name))
    if (foreign.length > 0) throw new Error(`${file.fileName} imports ${foreign.join(', ')}, and the package has no dependencies`)
    mkdirSync(dirname(join(out, file.fileName)), { recursive: true })
    writeFileSync(join(out, file.fileName), toAscii(leanBuiltins(file.code)))
  }
}
