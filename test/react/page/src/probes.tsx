/** Components that each read one thing, show it as JSON, and count how often they render. */
import { memo, type ReactNode } from 'react'
import {
  useCollection,
  useCount,
  useDetail,
  useDocument,
  useJob,
  useLog,
  usePage,
  useRecord,
  useSetting,
  useStatus,
} from '../../../../src/react.ts'
import { type LanReplica, useReplica } from './replica.ts'

/** What each reads, with queries and functions that are new with each render, as people write them. */
const probes = {
  title: ({ title }: LanReplica) => useDocument(title),
  length: ({ title }: LanReplica) => useDocument(title, ({ text }) => ({ length: text.length })),
  up: ({ hosts }: LanReplica) => useCollection(hosts, { index: 'byStatus', equals: ['up'] }),
  down: ({ hosts }: LanReplica) => useCollection(hosts, {}, { filter: ({ status }) => status === 'down' }),
  names: ({ hosts }: LanReplica) => useCollection(hosts, {}, { select: (all) => all.map(({ address }) => address) }),
  first: ({ hosts }: LanReplica) => useCollection(hosts, { order: 'asc', limit: 1 }),
  a: ({ hosts }: LanReplica) => useRecord(hosts, 'a'),
  status: ({ hosts }: LanReplica) => useRecord(hosts, 'a', (host) => host.status),
  unknown: ({ hosts }: LanReplica) => useRecord(hosts, undefined),
  count: ({ hosts }: LanReplica) => useCount(hosts, { index: 'byStatus', equals: ['up'] }),
  lines: ({ lines }: LanReplica) => useLog(lines, { stream: 's', limit: 2 }, { select: (entries) => entries.map(({ value }) => value) }),
  theme: ({ settings }: LanReplica) => useSetting(settings, 'theme'),
  state: (replica: LanReplica) => useStatus(replica, ({ state }) => state),
  revision: (replica: LanReplica) => useStatus(replica).revision,
} satisfies Record<string, (replica: LanReplica) => unknown>

/** Read what the server alone has, or what a test names. */
const asked = {
  page: ({ reports }: LanReplica) => usePage(reports, { index: 'byText', limit: 2 }),
  newest: ({ reports }: LanReplica) => usePage(reports, { order: 'desc', limit: 1 }),
  unindexed: ({ reports }: LanReplica) => usePage(reports, { index: 'byNothing' } as never),
  detail: ({ reports }: LanReplica) => useDetail(reports, 'r1'),
  nothing: ({ reports }: LanReplica) => useDetail(reports, undefined),
  job: ({ scans }: LanReplica) => {
    const job = useJob(scans, location.hash.slice(1))
    return job && [job.state, job.progress?.done, job.result?.found, job.error?.message]
  },
}

const all = { ...probes, ...asked }
export type ProbeName = keyof typeof all
export const probeNames = Object.keys(probes) as ProbeName[]

const renders = new Map<string, number>()

/** How often each probe rendered since this was asked last. */
export function takeRenders(): Record<string, number> {
  const taken = Object.fromEntries(renders)
  renders.clear()
  return taken
}

export function noteRender(name: string): void {
  renders.set(name, (renders.get(name) ?? 0) + 1)
}

export const Probe = memo(function Probe({ name }: { readonly name: ProbeName }): ReactNode {
  noteRender(name)
  const value: unknown = all[name](useReplica())
  return <p id={name}>{JSON.stringify(value, errorToJson) ?? 'undefined'}</p>
})

/** Errors by their code. */
function errorToJson(name: string, value: unknown): unknown {
  return name === 'error' ? (value as { readonly code?: string } | undefined)?.code : value
}

/** All that read what is held. */
export function Reads(): ReactNode {
  return probeNames.map((name) => <Probe key={name} name={name} />)
}
