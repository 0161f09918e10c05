import { expect, test } from 'vitest'
import { openStore, type ReportEvent } from '../../src/index.ts'
import { eachDriver } from '../support/drivers.ts'
import { host, openSample, sample } from '../support/sample-state.ts'

eachDriver((driver) => {
  test('[N2] a store in memory that is closed in the turn in which it was read has nothing to report', async () => {
    const reports: ReportEvent[] = []
    const store = await openStore(sample, { memory: true, driver, report: (event) => reports.push(event) })
    await store.commit((tx) => tx.title.set('t'), { durability: 'process' })
    expect(store.title.get()).toBe('t')
    await store.close()
    expect(reports).toEqual([])
  })

  test('[X18] two stores in memory share nothing', async () => {
    const [a, b] = [await openSample({ memory: true, driver }), await openSample({ memory: true, driver })]
    const heard: string[] = []
    b.hosts.watch(() => heard.push('b'))
    const told = new Promise<void>((resolve) => {
      a.hosts.watch(() => resolve())
    })
    await a.commit((tx) => tx.hosts.put(host('a')))
    await told
    expect(heard).toEqual([])
    expect([a.hosts.count(), b.hosts.count(), b.health().revision]).toEqual([1, 0, 0])
    expect(a.cursor.slice(0, 8)).not.toBe(b.cursor.slice(0, 8))
    expect(a.directory).toBe(':memory:')
  })
})
