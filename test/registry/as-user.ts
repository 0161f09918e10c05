/** The registry as another user sees it. */
import { execFileSync } from 'node:child_process'

const program = `
const { list, sweep } = await import(process.argv[1])
const names = (await list()).map(({ name }) => name)
console.log(JSON.stringify({ names, swept: await sweep() }))
`

export function asUser(uid: number, directory: string): unknown {
  const entry = new URL('../../src/registry.ts', import.meta.url).href
  const env = { ...process.env, HOLDFAST_REGISTRY_DIR: directory }
  const args = ['--no-warnings', '--input-type=module', '-e', program, entry]
  return JSON.parse(execFileSync(process.execPath, args, { uid, gid: uid, env, encoding: 'utf8', cwd: '/' })) as unknown
}
