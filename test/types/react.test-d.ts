import { createElement } from 'react'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { CallableAction, Replica } from '../../src/client.ts'
import { collection, defineState, document, jobs, log, setting, settings } from '../../src/index.ts'
import {
  createHoldfastContext,
  HoldfastProvider,
  useAction,
  useCollection,
  useCount,
  useDetail,
  useDocument,
  useJob,
  useLog,
  usePage,
  useReady,
  useRecord,
  useReplica,
  useSetting,
  useStatus,
} from '../../src/react.ts'

const Host = z.object({ address: z.string(), status: z.enum(['up', 'down']), seen: z.number().optional() })

const state = defineState({
  name: 'typed',
  version: 3,
  kinds: {
    title: document(z.object({ text: z.string() })),
    hosts: collection(Host, { key: 'address', indexes: { byStatus: ['status', 'seen'] } }),
    lines: log(z.array(z.number())),
    scans: jobs({ input: z.object({ target: z.string() }), progress: z.object({ done: z.number() }), result: z.string() }),
    settings: settings({ theme: setting(z.enum(['dark', 'light']), { default: 'dark' }), limit: setting(z.number()) }),
    heavyTitle: document(z.string(), { feed: 'key' }),
    heavy: collection(Host, { key: 'address', feed: 'key', indexes: { byStatus: ['status'] } }),
    heavyLines: log(z.string(), { feed: 'key' }),
  },
})

interface Actions {
  readonly start: CallableAction<{ readonly target: string }, { readonly id: number }>
  readonly stop: CallableAction<string, null>
}

type TypedReplica = Replica<typeof state, Actions>
const replica = {} as TypedReplica
interface ReadHost {
  readonly address: string
  readonly status: 'up' | 'down'
  readonly seen?: number | undefined
}

test('what is held has the types of the state, readonly', () => {
  expectTypeOf(useDocument(replica.title)).toEqualTypeOf<{ readonly text: string } | undefined>()
  expectTypeOf(useDocument(replica.title, ({ text }) => text.length)).toEqualTypeOf<number | undefined>()
  expectTypeOf(useRecord(replica.hosts, 'a')).toEqualTypeOf<ReadHost | undefined>()
  expectTypeOf(useRecord(replica.hosts, undefined, ({ status }) => status)).toEqualTypeOf<'up' | 'down' | undefined>()
  expectTypeOf(useCollection(replica.hosts)).toEqualTypeOf<readonly ReadHost[]>()
  expectTypeOf(useCollection(replica.hosts, { index: 'byStatus', equals: ['up'], gt: 3 })).toEqualTypeOf<readonly ReadHost[]>()
  expectTypeOf(useCollection(replica.hosts, {}, { filter: ({ seen }) => seen !== undefined })).toEqualTypeOf<readonly ReadHost[]>()
  expectTypeOf(useCollection(replica.hosts, {}, { select: (hosts) => hosts.map(({ address }) => address) })).toEqualTypeOf<string[]>()
  expectTypeOf(useCount(replica.hosts, { index: 'byStatus', equals: ['down'] })).toEqualTypeOf<number>()
  expectTypeOf(useLog(replica.lines, { stream: 'a' })[0]?.value).toEqualTypeOf<readonly number[] | undefined>()
  expectTypeOf(useLog(replica.lines, {}, { select: (entries) => entries.at(-1)?.seq })).toEqualTypeOf<number | undefined>()
  expectTypeOf(useSetting(replica.settings, 'theme')).toEqualTypeOf<'dark' | 'light' | undefined>()
  expectTypeOf(useStatus(replica, ({ state: current }) => current === 'live')).toEqualTypeOf<boolean>()
  expectTypeOf(useStatus(replica).revision).toEqualTypeOf<number | undefined>()
  useReady(replica)
})

test('[J1] a job has its progress, result and error', () => {
  const job = useJob(replica.scans, 'a')
  expectTypeOf(job?.state).toEqualTypeOf<'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | undefined>()
  expectTypeOf(job?.progress?.done).toEqualTypeOf<number | undefined>()
  expectTypeOf(job?.result).toEqualTypeOf<string | undefined>()
  expectTypeOf(job?.error?.message).toEqualTypeOf<string | undefined>()
  // @ts-expect-error hosts are no jobs
  useJob(replica.hosts, 'a')
})

test('[R3] what is not declared, or not held, does not compile', () => {
  // @ts-expect-error no such index
  useCollection(replica.hosts, { index: 'byName' })
  // @ts-expect-error no such status
  useCollection(replica.hosts, { index: 'byStatus', equals: ['away'] })
  // @ts-expect-error misspelled
  useCollection(replica.hosts, {}, { fliter: () => true })
  // @ts-expect-error no such setting
  useSetting(replica.settings, 'colour')
  // @ts-expect-error a log is no collection
  useCollection(replica.lines)
  // @ts-expect-error its values stay home
  useCollection(replica.heavy)
  // @ts-expect-error its value stays home
  useDocument(replica.heavyTitle)
  // @ts-expect-error no such kind
  useDocument(replica.tilte)
})

test('[F7] pages and details come from the server, of every kind', () => {
  expectTypeOf(usePage(replica.heavy, { index: 'byStatus', equals: ['up'] }).value?.items).toEqualTypeOf<readonly ReadHost[] | undefined>()
  expectTypeOf(usePage(replica.hosts).value?.items).toEqualTypeOf<readonly ReadHost[] | undefined>()
  expectTypeOf(usePage(replica.heavyLines, { before: 5 }).value?.items[0]?.value).toEqualTypeOf<string | undefined>()
  expectTypeOf(useDetail(replica.heavy, 'a').value).toEqualTypeOf<ReadHost | undefined>()
  expectTypeOf(useDetail(replica.heavyTitle).value).toEqualTypeOf<string | undefined>()
  // @ts-expect-error of which record
  useDetail(replica.heavy)
  // @ts-expect-error no such index
  usePage(replica.heavy, { index: 'byName' })
})

test('[W5] actions have their input, value, and the details of their errors', () => {
  const [start, { value, error, isPending }] = useAction(replica, 'start')
  expectTypeOf(start({ target: 'a' }, { id: 'once' })).resolves.toEqualTypeOf<{ readonly id: number }>()
  expectTypeOf(value).toEqualTypeOf<{ readonly id: number } | undefined>()
  expectTypeOf(isPending).toEqualTypeOf<boolean>()
  if (error?.code === 'SCHEMA_REJECTED') expectTypeOf(error.details.issues[0]?.path).toEqualTypeOf<string | undefined>()
  // @ts-expect-error no such code
  void (error?.code === 'SCHEMA_REJECTD')
  // @ts-expect-error no such action
  useAction(replica, 'begin')
  // @ts-expect-error wrong input
  void start({ target: 5 })
})

test('types are bound once by a context, or named where the replica is asked for', () => {
  const bound = createHoldfastContext<typeof state, Actions>()
  expectTypeOf(bound.useReplica()).toEqualTypeOf<TypedReplica>()
  createElement(bound.HoldfastProvider, { replica })
  createElement(HoldfastProvider, { replica }, 'text')
  expectTypeOf(useReplica<TypedReplica>()).toEqualTypeOf<TypedReplica>()
  // @ts-expect-error a replica of another state
  createElement(bound.HoldfastProvider, { replica: {} as Replica<typeof other> })
  // @ts-expect-error none at all
  createElement(HoldfastProvider, {})
})

const other = defineState({ name: 'other', version: 1, kinds: { note: document(z.string()) } })
