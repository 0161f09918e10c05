import { expect, test } from 'vitest'
import { netscan } from '../../../state.ts'
import type { NetscanReplica } from './netscan-replica.ts'
import { viewNetscan } from './netscan-view.ts'
import { servedState } from './served-state.ts'
import { standIn } from './stand-in.ts'

const never = new Promise<void>(() => undefined)

test('the page asks for the state that is declared', () => {
  expect(servedState).toEqual({ name: netscan.name, version: netscan.version })
})

test('a collection is read over all its pages, and again only when it changes', () => {
  let finds = 0
  const find = ({ after = '0' }: { readonly after?: string }): { readonly items: never[]; readonly next: string | undefined } => {
    finds += 1
    const page = Number(after)
    return { items: [`host ${page}` as never], next: page < 2 ? String(page + 1) : undefined }
  }
  const { replica, change } = standIn(never, { hosts: { find } as unknown as NetscanReplica['hosts'] })
  const { hosts } = viewNetscan(replica)
  expect(hosts.get()).toEqual(['host 0', 'host 1', 'host 2'])
  expect(hosts.get()).toBe(hosts.get())
  expect(finds).toBe(3)
  change('ports')
  expect(finds).toBe(3)
  change('hosts')
  hosts.get()
  expect(finds).toBe(6)
})

test('all is read again when the replica is ready', async () => {
  const first = Promise.withResolvers<void>()
  const held: { scan?: { readonly id: string } } = {}
  const { replica } = standIn(first.promise, { scan: { get: () => held.scan } as unknown as NetscanReplica['scan'] })
  const view = viewNetscan(replica)
  expect(view.scan.get()).toBeUndefined()
  held.scan = { id: 'a' }
  first.resolve()
  await first.promise
  expect(view.scan.get()).toEqual({ id: 'a' })
})
