/** Stores with artifacts, and what is really on their disk. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Store, StoreOptions } from '../../src/index.ts'
import { openState } from '../support/open-state.ts'
import { shelf } from './sample-artifacts.ts'

export { shelf } from './sample-artifacts.ts'

export type Shelf = Store<typeof shelf>

export const openShelf = (options: StoreOptions = {}): Promise<Shelf> => openState(shelf, options)

export const hashOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** All that a stream gives. */
export async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

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
