import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../holdfast.ts'
import { askForReport } from '../jobs.ts'
import { workOnReports } from '../report/report-worker.ts'
import { takeUp } from '../scan/take-up.ts'
import { type NetscanStore, netscan } from '../state.ts'
import { LiveView } from './live-view.ts'

async function openEmpty(): Promise<NetscanStore> {
  const store = await openStore(netscan, { memory: true })
  onTestFinished(() => store.close())
  return store
}

function contents({ topology, scans, reports, files, hosts, ports, lines, revision }: LiveView): object {
  return { topology, scans, reports, files, hosts, ports, lines, revision }
}

/** Some of everything: puts, an append past the retention of a stream, a delete, jobs and their files. */
async function* happenings(store: NetscanStore): AsyncGenerator<void> {
  yield void (await store.commit((tx) => tx.topology.set({ hostname: 'reef', platform: 'linux', interfaces: [], routes: [] })))
  const { id, recorder, finish } = await takeUp(store, { ports: '1-10' })
  const open = [{ port: 7, service: 'echo', product: '' }]
  yield recorder.record({ type: 'host', address: '10.0.0.1', status: 'up', reason: '', settled: 8, open })
  yield void (await store.commit((tx) => {
    for (let line = 0; line < 300; line += 1) tx.console.append({ level: 'info', text: `line ${line}` }, { stream: 'b' })
  }))
  yield void (await store.commit((tx) => tx.ports.delete('10.0.0.1/tcp/7')))
  yield void (await finish())
  const worker = workOnReports(store)
  const { value: report } = await store.commit((tx) => askForReport(tx, id))
  await store.reports.wait(report?.id ?? '')
  yield worker.stop()
}

test('a view that follows is, after each commit, the view that is loaded anew', async () => {
  const store = await openEmpty()
  const view = await LiveView.load(store)
  expect([view.topology, view.scans.size, view.lines, view.revision]).toEqual([undefined, 0, [], 0])
  const commits = store.follow({ after: view.cursor })
  for await (const _ of happenings(store)) {
    const fresh = await LiveView.load(store)
    while (view.revision < fresh.revision) view.apply((await commits.next()).value!)
    expect(contents(view)).toEqual(contents(fresh))
    expect(view.cursor).toBe(fresh.cursor)
  }
  expect([...view.scans.values()].map(({ state }) => state)).toEqual(['completed'])
  expect([view.reports.size, view.files.size]).toEqual([1, 2])
  await commits.return()
})

test('at most 200 lines are held, the newest', async () => {
  const store = await openEmpty()
  const view = await LiveView.load(store)
  await store.commit((tx) => {
    for (let line = 0; line < 250; line += 1) tx.console.append({ level: 'info', text: `line ${line}` }, { stream: String(line % 5) })
  })
  for await (const commit of store.follow({ after: view.cursor })) {
    view.apply(commit)
    break
  }
  expect(view.lines).toHaveLength(200)
  expect(view.lines.at(-1)?.text).toBe('line 249')
})
