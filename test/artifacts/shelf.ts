/** Stores with artifacts. */
import type { Readable } from 'node:stream'
import { expect } from 'vitest'
import type { Store, StoreOptions } from '../../src/index.ts'
import { openState } from '../support/open-state.ts'
import { filesOf, temporaryOf } from './on-disk.ts'
import { shelf } from './sample-artifacts.ts'

export { filesOf, hashOf, temporaryOf } from './on-disk.ts'
export { shelf } from './sample-artifacts.ts'

export type Shelf = Store<typeof shelf>

export const openShelf = (options: StoreOptions = {}): Promise<Shelf> => openState(shelf, options)

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** All that a stream gives. */
export async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** What may be left of a put that failed: nothing. */
export async function expectNothing(store: Shelf): Promise<void> {
  await store.reports.sweep()
  expect({ records: store.reports.count(), files: filesOf(store.directory), temporary: temporaryOf(store.directory) }).toEqual({
    records: 0,
    files: [],
    temporary: [],
  })
}
