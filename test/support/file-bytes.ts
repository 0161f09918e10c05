import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

const program = `
const { createHash } = require('node:crypto')
const { readdirSync, readFileSync } = require('node:fs')
const [, directory] = process.argv
const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name)
const hash = (name) => createHash('sha256').update(readFileSync(directory + '/' + name)).digest('hex')
process.stdout.write(JSON.stringify(Object.fromEntries(files.toSorted().map((name) => [name, hash(name)]))))
`

/**
 * The hash of each file in a directory, by name. Read in another process: a descriptor of store.db that is closed here would take
 * SQLite's locks with it (rule D6).
 */
export function hashFiles(directory: string): Record<string, string> {
  if (readdirSync(directory).length === 0) return {}
  return JSON.parse(execFileSync(process.execPath, ['-e', program, directory], { encoding: 'utf8' })) as Record<string, string>
}
