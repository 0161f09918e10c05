import { isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { build } from 'vite'
import { toClassicScript } from './helper-script.ts'
import { leanBuiltins } from './lean-builtins.ts'
import { toAscii } from './to-ascii.ts'

/**
 * Bundles the helper thread's entry into the text of one script.
 *
 * The text takes Node's own modules and nothing else, since a worker started from it has no place in the file system.
 *
 * @param entry absolute path of the built `helper-thread.js`
 */
export async function bundleHelper(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    envDir: false,
    root: dirname(dirname(entry)),
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: entry,
      write: false,
      minify: false,
      target: 'es2024',
      rolldownOptions: { output: { format: 'es', codeSplitting: false, comments: false } },
    },
  })
  if (!('output' in result)) throw new Error('The bundler returned no output')
  const [chunk, ...others] = result.output
  if (others.length > 0) throw new Error(`The helper thread became several files: ${result.output.map((file) => file.fileName).join(', ')}`)
  const foreign = [...chunk.imports, ...chunk.dynamicImports].filter((specifier) => !isBuiltin(specifier))
  if (foreign.length > 0) throw new Error(`The helper thread imports ${foreign.join(', ')}, which a single file cannot carry`)
  return toClassicScript(toAscii(leanBuiltins(chunk.code)))
}
