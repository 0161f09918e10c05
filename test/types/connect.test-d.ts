import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { collection } from '../../src/state/collection-kind.ts'
import { defineState } from '../../src/state/define-state.ts'
import { document } from '../../src/state/document-kind.ts'
import { log } from '../../src/state/log-kind.ts'
import { connect } from '../../src/client/connect.ts'
import type { CallableAction, Replica } from '../../src/client/replica.ts'

const Host = z.object({ address: z.string(), status: z.enum(['up', 'down']), seen: z.number().optional() })

const state = defineState({
  name: 'typed',
  version: 3,
  kinds: {
    title: document(z.object({ text: z.string() })),
    hosts: collection(Host, { key: 'address', indexes: { byStatus: ['status', 'seen'], bySeen: { fields: ['seen'], unique: true } } }),
    lines: log(z.array(z.number())),
    heavyTitle: document(z.string(), { feed: 'key' }),
    heavy: collection(Host, { key: 'address', feed: 'key', indexes: { byStatus: ['status'] } }),
    heavyLines: log(z.string(), { feed: 'key' }),
    secret: document(z.string(), { feed: 'none' }),
  },
})

interface Actions {
  readonly start: CallableAction<{ readonly target: string }, { readonly id: number }>
  readonly stop: CallableAction<string, null>
}

const replica = {} as Replica<typeof state, Actions>
type ReadHost = { readonly address: string; readonly status: 'up' | 'down'; readonly seen?: number | undefined }

test('reads have the types of the state, readonly', () => {
  expectTypeOf(replica.title.get()).toEqualTypeOf<{ readonly text: string } | undefined>()
  expectTypeOf(replica.title.entry()?.revision).toEqualTypeOf<number | undefined>()
  expectTypeOf(replica.hosts.get('a')).toEqualTypeOf<ReadHost | undefined>()
  expectTypeOf(replica.hosts.find({ index: 'byStatus', equals: ['up'], gt: 3, order: 'desc' }).items).toEqualTypeOf<readonly ReadHost[]>()
  expectTypeOf(replica.lines.read()[0]?.value).toEqualTypeOf<readonly number[] | undefined>()
  expectTypeOf(replica.hosts.page({ index: 'bySeen' }))
    .resolves.toHaveProperty('cursor')
    .toEqualTypeOf<string>()
  expectTypeOf(replica.lines.page({ before: 5 }))
    .resolves.toHaveProperty('next')
    .toEqualTypeOf<string | undefined>()
})

test('[R3] an index that is not declared, or wrong values for it, do not compile', () => {
  // @ts-expect-error no such index
  void replica.hosts.find({ index: 'byName' })
  // @ts-expect-error no such status
  void replica.hosts.find({ index: 'byStatus', equals: ['away'] })
  // @ts-expect-error too many values
  void replica.hosts.find({ index: 'bySeen', equals: [1, 2] })
  // @ts-expect-error misspelled
  void replica.hosts.find({ index: 'byStatus', equal: ['up'] })
})

test('[F7] of a kind whose values stay home nothing can be read but by asking the server', () => {
  expectTypeOf(replica.heavy.fetch('a')).resolves.toEqualTypeOf<ReadHost | undefined>()
  expectTypeOf(replica.heavyTitle.fetch()).resolves.toEqualTypeOf<string | undefined>()
  expectTypeOf(replica.heavy.page({ index: 'byStatus', equals: ['up'] })).resolves.toHaveProperty('items')
  expectTypeOf(replica.heavyLines.page()).resolves.toHaveProperty('items')
  // @ts-expect-error not held
  void replica.heavy.get('a')
  // @ts-expect-error not held
  void replica.heavyTitle.get()
  // @ts-expect-error not held
  void replica.heavyLines.read()
})

test('[F7] a kind without a feed is not there at all', () => {
  // @ts-expect-error it appears nowhere
  void replica.secret
  // @ts-expect-error it appears nowhere
  connect<typeof state>({ url: '/state', kinds: { secret: true } })
})

test('what is read cannot be changed', () => {
  const host = replica.hosts.get('a')
  // @ts-expect-error readonly
  if (host !== undefined) host.status = 'down'
  // @ts-expect-error readonly
  replica.hosts.find().items.push({ address: 'a', status: 'up' })
})

test('kinds, and how much of a log, are chosen by name', () => {
  connect<typeof state, Actions>({ url: '/state', kinds: { title: true, hosts: false, lines: { last: 50 } } })
  connect<typeof state>({ url: '/state', state })
  // @ts-expect-error no such kind
  connect<typeof state>({ url: '/state', kinds: { tilte: true } })
  // @ts-expect-error only a log has a number of entries
  connect<typeof state>({ url: '/state', kinds: { hosts: { last: 50 } } })
  // @ts-expect-error without an address
  connect<typeof state>({ kinds: { title: true } })
  // @ts-expect-error unknown option
  connect<typeof state>({ url: '/state', tokne: 'x' })
})

test('calls have the types of the actions', () => {
  expectTypeOf(replica.call('start', { target: 'a' })).resolves.toEqualTypeOf<{ readonly id: number }>()
  expectTypeOf(replica.call('stop', 'a', { id: 'x' })).resolves.toEqualTypeOf<null>()
  // @ts-expect-error no such action
  void replica.call('begin', {})
  // @ts-expect-error wrong input
  void replica.call('start', { target: 5 })
})
