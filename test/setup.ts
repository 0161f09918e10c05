/**
 * Runs before each test file, in its process: a home directory and a temporary directory that belong to this file alone.
 *
 * After the file's tests both must be empty again, so a forgotten store or a write to the user's home fails the file that did it.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Node and npm keep caches here when told to by the environment; they are not ours to account for. */
const notOurs = new Set(['node-compile-cache'])

const temporary = mkdtempSync(join(tmpdir(), 'hf-'))
const home = mkdtempSync(join(tmpdir(), 'hf-home-'))

process.env['TMPDIR'] = process.env['TEMP'] = process.env['TMP'] = temporary
process.env['HOME'] = process.env['USERPROFILE'] = home
for (const name of ['HOLDFAST_REGISTRY_DIR', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR'])
  delete process.env[name]

afterAll(() => {
  const left = [temporary, home].flatMap((directory) => leftovers(directory))
  for (const directory of [temporary, home]) rmSync(directory, { recursive: true, force: true })
  if (left.length > 0) throw new Error(`Tests left files behind: ${left.join(', ')}`)
})

function leftovers(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => !notOurs.has(name))
    .map((name) => join(directory, name))
}
