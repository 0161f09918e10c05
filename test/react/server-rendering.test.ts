import { createElement, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, onTestFinished, test } from 'vitest'
import { connect, type Replica } from '../../src/client.ts'
import {
  HoldfastProvider,
  useCollection,
  useCount,
  useDetail,
  useDocument,
  useLog,
  usePage,
  useRecord,
  useReplica,
  useStatus,
} from '../../src/react.ts'
import { serveSample } from '../server/served.ts'
import { host, type sample } from '../support/sample-state.ts'

type SampleReplica = Replica<typeof sample>

function Everything(): ReactNode {
  const replica = useReplica<SampleReplica>()
  const names = useCollection(replica.hosts, { index: 'byStatus' }, { select: (hosts) => hosts.map(({ address }) => address) })
  const { value, isPending } = usePage(replica.hosts)
  const read = {
    title: useDocument(replica.title) === undefined,
    record: useRecord(replica.hosts, 'a') === undefined,
    names,
    count: useCount(replica.hosts),
    lines: useLog(replica.lines),
    status: useStatus(replica),
    page: [value === undefined, isPending],
    noKeyYet: useDetail(replica.hosts, undefined).isPending,
  }
  return createElement('pre', { dangerouslySetInnerHTML: { __html: JSON.stringify(read) } })
}

test('[W4] on a server hooks answer that nothing is held yet, whatever its replica holds', async () => {
  const { store, server, token } = await serveSample()
  await store.commit((tx) => {
    tx.title.set('held')
    tx.hosts.put(host('a'))
    tx.lines.append('line')
  })
  const replica = connect<typeof sample>({ url: `${server.url}/state`, token })
  onTestFinished(() => replica.close())
  await replica.ready
  expect(replica.hosts.size).toBe(1)
  const html = renderToString(createElement(HoldfastProvider, { replica }, createElement(Everything)))
  expect(JSON.parse(html.replace(/<\/?pre>/g, ''))).toEqual({
    title: true,
    record: true,
    names: [],
    count: 0,
    lines: [],
    status: { state: 'connecting', lagMs: 0 },
    page: [true, true],
    noKeyYet: false,
  })
  expect(() => renderToString(createElement(Everything))).toThrow(expect.objectContaining({ code: 'REPLICA_MISSING' }))
})
