import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { leanBuiltins } from './lean-builtins.ts'
import { toAscii } from './to-ascii.ts'

/**
 * Bundles the compiled modules in `out` into a file for each entry and what the entries of a group share; declarations stay as they are.
 *
 * An open store from one file takes some MiB less than one from a hundred modules, of which Node keeps records of its own. What a page
 * loads is a group of its own, so that it brings nothing along that only a server needs.
 *
 * @param groups of entries by the name of the file without `.js`, such as `cli/holdfast`
 */
export async function bundlePackage(out: string, groups: readonly (readonly string[])[]): Promise<void> {
  const bundled: Chunk[] = []
  for (const entries of groups) bundled.push(...(await bundle(out, entries)))
  for (const file of globSync('**/*.js', { cwd: out })) rmSync(join(out, file))
  const names = new Set(bundled.map(({ fileName }) => fileName))
  if (names.size < bundled.length) throw new Error('Two groups have a file of the same name')
  for (const { fileName, imports, code } of bundled) {
    const foreign = imports.filter((name) => !isBuiltin(name) && !names.has(name) && !peers[name]?.includes(fileName))
    if (foreign.length > 0) throw new Error(`${fileName} imports ${foreign.join(', ')}, and the package has no dependencies`)
    mkdirSync(dirname(join(out, fileName)), { recursive: true })
    writeFileSync(join(out, fileName), noticesFor(code) + toAscii(leanBuiltins(code)))
  }
}

/** Packages that users bring, each with the files that may import it. */
const peers: Readonly<Record<string, readonly string[]>> = { react: ['react.js'] }

interface Chunk {
  readonly fileName: string
  readonly imports: readonly string[]
  readonly code: string
}

async function bundle(out: string, entries: readonly string[]): Promise<Chunk[]> {
  const result = await build({
    configFile: false,
    envDir: false,
    root: out,
    publicDir: false,
    logLevel: 'warn',
    resolve: { alias: bundledPackages() },
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: true,
      write: false,
      minify: false,
      target: 'es2024',
      rolldownOptions: {
        // As package.json says, which `out` need not be below of.
        treeshake: { moduleSideEffects: false },
        external: Object.keys(peers),
        input: Object.fromEntries(entries.map((name) => [name, join(out, `${name}.js`)])),
        output: { format: 'es', comments: false, entryFileNames: '[name].js', chunkFileNames: 'shared/[name].js' },
      },
    },
  })
  if (!('output' in result)) throw new Error('The bundler returned no output')
  return result.output.map((file) => {
    if (file.type !== 'chunk') throw new Error(`The bundler made ${file.fileName}, which is no module`)
    return { fileName: file.fileName, imports: [...file.imports, ...file.dynamicImports], code: file.code }
  })
}

/** The licences of packages that are in a bundle, as they ask for: at its top, where a bundler of a page keeps them. */
function noticesFor(code: string): string {
  const packages = Object.entries(bundledPackages()).filter(([name]) => code.includes(`node_modules/${name}/`))
  return packages.map(([name, entry]) => `/*! ${name}\n\n${readLicence(entry)}*/\n`).join('')
}

function readLicence(entry: string): string {
  const root = dirname(dirname(entry))
  return toAscii(readFileSync(join(root, 'LICENSE'), 'utf8'))
}

/** Packages that become part of a bundle, from this project wherever `out` is. */
function bundledPackages(): Record<string, string> {
  return Object.fromEntries(['croner'].map((name) => [name, fileURLToPath(import.meta.resolve(name))]))
}
