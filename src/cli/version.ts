import { readFileSync } from 'node:fs'

/** The version of this package. The same way up leads to its `package.json` from source and from the package. */
export function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
