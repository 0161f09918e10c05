/** What is really on the disk of a store with artifacts. Loads no test runner, so that programs can use it. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const hashOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** The hashes that have a file, in order; throws for one that holds other bytes. */
export function filesOf(directory: string): string[] {
  const root = join(directory, 'artifacts')
  const groups = names(root).filter((name) => name !== 'tmp')
  return groups
    .flatMap((group) => names(join(root, group)).map((name) => ({ group, name })))
    .map(({ group, name }) => {
      if (hashOf(readFileSync(join(root, group, name))) !== name) throw new Error(`${name} holds other bytes`)
      return name
    })
    .toSorted()
}

/** Names in `tmp`, but for proofs of life. */
export function temporaryOf(directory: string): string[] {
  return names(join(directory, 'artifacts', 'tmp')).filter((name) => !name.endsWith('.life'))
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
