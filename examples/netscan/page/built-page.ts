import { randomUUID } from 'node:crypto'
import { globSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { PageTransport } from '../transport.ts'
import { buildPage } from './build-page.ts'

const page = import.meta.dirname

/** The directory with the page built for a transport, made first when a source is newer. */
export async function builtPage(transport: PageTransport): Promise<string> {
  const out = join(page, 'dist', transport)
  const builtAt = statSync(join(out, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  // The client and its hooks are in the bundle, too, and here they come from source.
  const library = ['base', 'state', 'protocol', 'client', 'react'].map((floor) => `../../../src/${floor}/**/*.ts`)
  const own = ['index.html', '*.ts', 'src/**/*', '../*.ts']
  const sources = globSync([...own, ...library], { cwd: page, withFileTypes: true }).filter((entry) => entry.isFile())
  const isCurrent = sources.every((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs <= builtAt)
  if (!isCurrent) {
    // Another netscan may be reading the one that is there, or building one, too.
    const fresh = `${out}-${randomUUID()}`
    await buildPage(fresh, transport)
    rmSync(out, { recursive: true, force: true })
    renameSync(fresh, out)
  }
  return out
}
