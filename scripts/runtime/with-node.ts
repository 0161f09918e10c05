/**
 * Runs a script on another release of Node, its child processes too: `node scripts/runtime/with-node.ts oldest SCRIPT [ARGUMENT…]`.
 *
 * The first argument is `oldest`, `refused`, or a version. Without a script it only fetches that release.
 */
import { spawnSync } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { fetchNode } from './fetch-node.ts'
import { oldestNode, refusedNode } from './releases.ts'

const [wanted = 'oldest', ...command] = process.argv.slice(2)
const version = { oldest: oldestNode, refused: refusedNode }[wanted] ?? wanted
const node = fetchNode(version)

if (command.length > 0) {
  console.log(`Node ${version}: ${command.join(' ')}`)
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` }
  const { status, error } = spawnSync(node, command, { stdio: 'inherit', env })
  if (error !== undefined) throw error
  process.exitCode = status ?? 1
}
