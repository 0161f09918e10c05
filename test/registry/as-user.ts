/** The registry as another user sees it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = `
const { list, sweep } = await import(process.argv[1])
const names = (await list()).map(({ name }) => name)
console.log(JSON.stringify({ names, swept: await sweep() }))
`

const entry = new URL('../../src/registry.ts', import.meta.url)

/** Whether that user can read this project and run this Node. */
export function canRun(uid: number): boolean {
  const { status } = spawnSync(process.execPath, ['-e', `require('node:fs').accessSync(${JSON.stringify(fileURLToPath(entry))})`], {
    uid,
    gid: uid,
    cwd: '/',
  })
  return status === 0
}

export function asUser(uid: number, directory: string): unknown {
  const env = { ...process.env, HOLDFAST_REGISTRY_DIR: directory }
  const args = ['--no-warnings', '--input-type=module', '-e', program, entry.href]
  return JSON.parse(execFileSync(process.execPath, args, { uid, gid: uid, env, encoding: 'utf8', cwd: '/' })) as unknown
}
