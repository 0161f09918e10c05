import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { collection, type CommitOf, defineState, document, log, type Store } from '../../src/index.ts'

const Host = z.object({ address: z.string(), status: z.string() })

const state = defineState({
  name: 'feeds',
  version: 1,
  kinds: {
    title: document(z.string()),
    hosts: collection(Host, { key: 'address', indexes: { byStatus: ['status'] } }),
    lines: log(z.number(), { retention: { entries: 10 } }),
    details: document(z.string(), { feed: 'key' }),
    heavy: collection(Host, { key: 'address', feed: 'key' }),
    secret: log(z.number(), { feed: 'none' }),
  },
})

type Change = CommitOf<typeof state>['changes'][number]
type Of<Kind extends Change['kind'], Op extends Change['op']> = Extract<Change, { readonly kind: Kind; readonly op: Op }>
type Host = { readonly address: string; readonly status: string }

test('[F7] changes of a kind whose values are in the feed have them', () => {
  expectTypeOf<Of<'title', 'put'>['value']>().toEqualTypeOf<string>()
  expectTypeOf<Of<'title', 'put'>['before']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Of<'hosts', 'put'>['value']>().toEqualTypeOf<Host>()
  expectTypeOf<Of<'hosts', 'delete'>['before']>().toEqualTypeOf<Host>()
  expectTypeOf<Of<'lines', 'append'>['value']>().toEqualTypeOf<number>()
})

test('[F7] changes of a kind whose values stay home have none', () => {
  expectTypeOf<Of<'details', 'put'>['value']>().toEqualTypeOf<undefined>()
  expectTypeOf<Of<'heavy', 'put'>['value']>().toEqualTypeOf<undefined>()
  expectTypeOf<Of<'heavy', 'delete'>['before']>().toEqualTypeOf<undefined>()
  expectTypeOf<Of<'secret', 'append'>['value']>().toEqualTypeOf<undefined>()
})

test('[F7] so have the changes that watchers get', () => {
  const store = {} as Store<typeof state>
  store.hosts.watch((changes) => {
    const [change] = changes
    if (change?.op === 'put') expectTypeOf(change.value).toEqualTypeOf<Host>()
  })
  store.heavy.watch((changes) => {
    const [change] = changes
    if (change?.op === 'put') expectTypeOf(change.value).toEqualTypeOf<undefined>()
  })
  store.lines.watch((changes) => {
    const [change] = changes
    if (change?.op === 'append') expectTypeOf(change.value).toEqualTypeOf<number>()
  })
})
