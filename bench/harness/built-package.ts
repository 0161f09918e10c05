import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Workspace } from './workspace.ts'

const script = join(import.meta.dirname, '../../scripts/build/build.ts')
const run = promisify(execFile)

/** The directory of the package's files as they are shipped, built once a run. */
export function buildPackage(workspace: Workspace): Promise<string> {
  return workspace.built('package', async (out) => {
    await run(process.execPath, [script, '--out', out])
  })
}
