import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../list-files.ts'

const platform: string = process.platform === 'win32' ? 'win' : process.platform

/** The package that holds Node's executable for this machine. */
const packageName: string = `${platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${platform}-${process.arch}`

/** Other releases of Node are kept beside the packages, so that removing those removes them too. */
const directoryOf = (version: string): string => join(projectRoot, 'node_modules/.cache/holdfast', `node-${version}`)

/** The executable of a Node release, or `undefined` when it has not been fetched. */
export function findNode(version: string): string | undefined {
  const file = platform === 'win' ? 'node.exe' : 'node'
  const executable = join(directoryOf(version), 'node_modules', packageName, 'bin', file)
  return existsSync(executable) ? executable : undefined
}

/** The executable of a Node release, fetched through npm once and kept. */
export function fetchNode(version: string): string {
  const found = findNode(version)
  if (found !== undefined) return found
  const prefix = directoryOf(version)
  mkdirSync(prefix, { recursive: true })
  const args = ['install', '--no-save', '--ignore-scripts', '--prefix', prefix, `${packageName}@${version}`]
  execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' })
  const fetched = findNode(version)
  if (fetched === undefined) throw new Error(`The package ${packageName}@${version} holds no executable`)
  return fetched
}
