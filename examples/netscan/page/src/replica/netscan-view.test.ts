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

test('scans come with those under way first, and all is read again when the replica is ready', async () => {
  const first = Promise.withResolvers<void>()
  const items: object[] = []
  const scans = { find: () => ({ items, next: undefined }) } as unknown as NetscanReplica['scans']
  const { replica } = standIn(first.promise, { scans })
  const view = viewNetscan(replica)
  expect(view.scans.get()).toEqual([])
  items.push(
    { id: 'a', state: 'completed', createdAt: 2 },
    { id: 'b', state: 'queued', createdAt: 1 },
    { id: 'c', state: 'failed', createdAt: 3 },
  )
  first.resolve()
  await first.promise
  expect(view.scans.get().map(({ id }) => id)).toEqual(['b', 'c', 'a'])
})

test('[X27] the lines of a job are read for themselves, however many others have written since', () => {
  const read = ({ stream = 'all' }: { readonly stream?: string }): string[] => [`lines of ${stream}`]
  const { linesOf } = viewNetscan(standIn(never, { console: { read } as unknown as NetscanReplica['console'] }).replica)
  expect([linesOf('a').get(), linesOf(undefined).get()]).toEqual([['lines of a'], ['lines of all']])
  expect(linesOf('a')).toBe(linesOf('a'))
})

test('what is asked for is asked of the server, by its name', async () => {
  const calls: unknown[] = []
  const call = (name: string, input: unknown): Promise<never> => Promise.resolve(calls.push([name, input]) as never)
  const { ask } = viewNetscan(standIn(never, { call }).replica)
  await ask.startScan({ target: 'x' })
  await ask.makeReport('a')
  await ask.cancel({ queue: 'scans', id: 'a' })
  await ask.retry({ queue: 'reports', id: 'b' })
  expect(calls).toEqual([
    ['startScan', { target: 'x' }],
    ['makeReport', { scanId: 'a' }],
    ['cancel', { queue: 'scans', id: 'a' }],
    ['retry', { queue: 'reports', id: 'b' }],
  ])
})
