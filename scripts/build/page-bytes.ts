/** What a page loads of an entry: bundled and minified as a bundler of pages does it, and gzipped as a server sends it. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

export interface PageBytes {
  readonly minified: number
  readonly gzipped: number
}

/**
 * @param entry a built module, of which everything is used that it exports
 * @param external modules that the page has anyway, by a part of their name
 */
export async function measurePageBytes(entry: string, external: readonly RegExp[] = []): Promise<PageBytes> {
  const result = await build({
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: 'oxc',
      rolldownOptions: { input: entry, external: [...external], preserveEntrySignatures: 'strict', output: { format: 'es' } },
    },
  })
  if (!('output' in result)) throw new Error('The bundler returned no output')
  // Parts that are loaded later count as well.
  const code = result.output.map((file) => (file.type === 'chunk' ? file.code : String(file.source))).join('')
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length }
}

/** What `holdfast/react` adds to a page that has React and `holdfast/client`. @param dist the built package */
export async function measureHooksBytes(dist: string): Promise<PageBytes> {
  return await measurePageBytes(join(dist, 'react.js'), [/^react$/, /\/shared\//])
}
