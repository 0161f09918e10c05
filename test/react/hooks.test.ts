/** The hooks in a real browser, on a real replica: what renders when, what is the same, and what is left behind. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Tx } from '../../src/index.ts'
import { chromiumPath } from '../browser/chromium.ts'
import { HooksPage } from './hooks-page.ts'
import type { lan } from './lan.ts'

let hooks: HooksPage

beforeAll(async () => {
  if (chromiumPath !== undefined) hooks = await HooksPage.open()
}, 120_000)
afterAll(() => hooks?.close())

const up = (address: string, seen = 0): { address: string; status: 'up'; seen: number } => ({ address, status: 'up', seen })
const down = (address: string, seen = 0): { address: string; status: 'down'; seen: number } => ({ address, status: 'down', seen })

async function fill(): Promise<void> {
  await hooks.commit((tx) => {
    tx.title.set({ text: 'one' })
    for (const host of [up('a'), up('b'), down('c')]) tx.hosts.put(host)
    for (const text of ['1', '2', '3']) tx.lines.append(text, { stream: 's' })
    tx.number.set(0)
    tx.twin.put({ id: 'twin', number: 0 })
  })
}

describe.runIf(chromiumPath !== undefined)('in a browser', { timeout: 60_000 }, () => {
  afterEach(async () => {
    await hooks.stage('unmount')
    // That the server refuses something is what some of these tests are about; the browser says so by itself.
    const complaints = hooks.browser.complaints.splice(0).filter((text) => !text.startsWith('Failed to load resource'))
    expect(complaints, 'errors, unhandled rejections and warnings of React').toEqual([])
  })

  test('[W4] an empty store is shown as nothing, and what is never set as undefined', async () => {
    await hooks.stage('mount', 'Reads')
    await hooks.page.locator('#state', { hasText: 'live' }).waitFor()
    await hooks.stage('settled', hooks.store.cursor)
    const nothing = { title: 'undefined', a: 'undefined', unknown: 'undefined', theme: 'undefined', count: '0', up: '[]', lines: '[]' }
    for (const [id, text] of Object.entries(nothing)) expect(await hooks.shown(id), id).toBe(text)
  })

  test('[W2] a component renders again only when what it reads has changed', async () => {
    await fill()
    await hooks.stage('mount', 'Reads')
    await hooks.stage('settled', hooks.store.cursor)
    await hooks.stage('takeRenders')
    /** What is committed, and which components show it; the one with the revision does each time. */
    const steps: [what: string, commit: (tx: Tx<typeof lan>) => void, renders: string[]][] = [
      ['a text of the same length', (tx) => tx.title.set({ text: 'two' }), ['title']],
      ['a longer text', (tx) => tx.title.set({ text: 'three' }), ['title', 'length']],
      ['a record that is read by its key', (tx) => tx.hosts.put(up('a', 5)), ['up', 'first', 'a']],
      ['another record of a list', (tx) => tx.hosts.put(up('b', 5)), ['up']],
      ['a record outside of one list', (tx) => tx.hosts.put(down('c', 5)), ['down']],
      ['a record that moves from one list to another', (tx) => tx.hosts.put(down('b', 5)), ['up', 'down', 'count']],
      ['a new record', (tx) => tx.hosts.put(up('d')), ['up', 'names', 'count']],
      ['a record that goes', (tx) => tx.hosts.delete('d'), ['up', 'names', 'count']],
      ['a line', (tx) => tx.lines.append('4', { stream: 's' }), ['lines']],
      ['a line of another stream', (tx) => tx.lines.append('x', { stream: 'other' }), []],
      ['a record of another kind', (tx) => tx.notes.put({ id: 'n' }), []],
      ['a job', (tx) => void tx.scans.enqueue({ target: 'x' }), []],
      ['a setting', (tx) => tx.settings.set({ theme: 'light' }), ['theme']],
    ]
    for (const [what, commit, renders] of steps) {
      await hooks.commit(commit)
      const expected = Object.fromEntries([...renders, 'revision'].map((name) => [name, 1]))
      expect(await hooks.stage('takeRenders'), what).toEqual(expected)
    }
    const shown = { length: '{"length":5}', names: '["a","b","c"]', status: '"up"', count: '1', lines: '["3","4"]', theme: '"light"' }
    for (const [id, text] of Object.entries(shown)) expect(await hooks.shown(id), id).toBe(text)
    expect(JSON.parse(await hooks.shown('down'))).toEqual([down('b', 5), down('c', 5)])
  })

  test('[W2] [W3] what is read is the same for a component that renders again by itself, and it subscribes once', async () => {
    await fill()
    await hooks.stage('mount', 'Steady')
    for (let round = 1; round <= 20; round += 1) {
      await hooks.stage('act')
      await hooks.page.locator('#round', { hasText: String(round) }).waitFor()
    }
    const same = { list: 1, filtered: 1, names: 1, grouped: 1, fields: 1, lines: 1 }
    expect(await hooks.stage('results')).toEqual(same)
    expect(await hooks.stage('subscriptions')).toEqual({ open: 6, total: 6 })
    // One host of the list: what does not have it is as it was.
    await hooks.commit((tx) => tx.hosts.put(up('a', 9)))
    expect(await hooks.stage('results')).toEqual({ ...same, list: 2, grouped: 2 })
  })

  test('[W3] nothing is left subscribed by components that go, in strict mode neither, where each is mounted twice', async () => {
    for (const isStrict of [false, true]) {
      await hooks.stage('mount', 'Reads', { isStrict })
      await hooks.commit((tx) => tx.title.set({ text: `strict ${isStrict}` }))
      expect(JSON.parse(await hooks.shown('title'))).toEqual({ text: `strict ${isStrict}` })
      const { open, total } = await hooks.stage('subscriptions')
      expect([open, total]).toEqual([14, isStrict ? 28 : 14])
      await hooks.stage('unmount')
      expect((await hooks.stage('subscriptions')).open).toBe(0)
    }
  })

  test('[W1] a page that is rendered in slices while commits stream in shows one revision', async () => {
    await hooks.stage('mount', 'Tearing')
    interface Noted {
      readonly isHeavy: boolean
      readonly shown: readonly string[]
      readonly seen: number
    }
    let number = 0
    let mixed = 0
    for (let round = 0; round < 40 && mixed < 3; round += 1) {
      await hooks.stage('act', true)
      const before = mixed
      for (let isThere = false; !isThere;) {
        number += 1
        await hooks.store.commit((tx) => {
          tx.number.set(number)
          tx.twin.put({ id: 'twin', number })
        })
        const noted = (await hooks.stage('noted')) as readonly Noted[]
        isThere = noted.some(({ isHeavy }) => isHeavy)
        if (noted.some(({ isHeavy, seen }) => isHeavy && seen > 1)) mixed = before + 1
      }
      await hooks.stage('settled', hooks.store.cursor)
      const noted = (await hooks.stage('noted')) as readonly Noted[]
      expect(noted.map(({ shown }) => shown.length)).toEqual(noted.map(({ isHeavy }) => (isHeavy ? 1 : 0)))
      expect(new Set(await hooks.page.locator('.number').allInnerTexts())).toEqual(new Set([`${number} ${number}`]))
      await hooks.stage('mount', 'Tearing')
    }
    expect(mixed, 'renders during which the replica moved on').toBe(3)
  })

  test('[W5] an action is pending, then has its value once the page shows what it did, or the details of its error', async () => {
    await hooks.stage('mount', 'Acting')
    const noted = async (): Promise<unknown> => await hooks.stage('noted')
    const idle = [false, undefined, undefined, undefined]
    await expect.poll(noted).toEqual([[...idle, false]])
    const done = [false, hooks.store.hosts.count() + 1, undefined, undefined, true]
    await hooks.stage('act', { address: 'new' })
    await expect.poll(noted).toContainEqual(done)
    expect((await noted()) as unknown[]).toContainEqual([true, undefined, undefined, undefined, false])
    await hooks.stage('act', { address: '' })
    await expect.poll(noted).toContainEqual([false, undefined, 'SCHEMA_REJECTED', '$.address', true])
    await hooks.stage('act', { address: 'new' })
    await expect.poll(noted).toContainEqual([false, undefined, 'ACTION_REFUSED', undefined, true])
    await hooks.stage('act', 'reset')
    await expect.poll(async () => ((await noted()) as unknown[]).at(-1)).toEqual([...idle, true])
    // The latest call counts, and one that was taken back is no error.
    const both = hooks.store.hosts.count() + 2
    await hooks.stage('act', 'twice')
    await expect.poll(async () => ((await noted()) as unknown[]).at(-1)).toEqual([false, both, undefined, undefined, true])
    await hooks.stage('act', { address: 'x' }, true)
    await expect.poll(async () => ((await noted()) as unknown[]).at(-1)).toEqual([...idle, true])
    // What is given up is passed over when it comes.
    await hooks.stage('act', 'dropped')
    await expect.poll(noted).toContain('answered')
    await hooks.stage('settled', hooks.store.cursor)
    expect(((await noted()) as unknown[]).at(-1)).toBe('answered')
  })

  test('[J1] a job is followed from the queue to its result, with its progress', async () => {
    const { id } = await hooks.store.scans.enqueue({ target: 'x' })
    await hooks.page.evaluate(`location.hash = ${JSON.stringify(id)}`)
    await hooks.stage('mount', 'Job')
    const job = hooks.page.locator('#job')
    await job.getByText('["queued",null,null,null]').waitFor()
    const shown = Promise.withResolvers<void>()
    const handler = async (_: unknown, { progress }: { progress(value: { done: number }): void }): Promise<{ found: number }> => {
      progress({ done: 3 })
      await shown.promise
      return { found: 7 }
    }
    const worker = hooks.store.scans.work(handler, { concurrency: 8 })
    await job.getByText('["running",3,null,null]').waitFor()
    shown.resolve()
    await job.getByText('["completed",3,7,null]').waitFor()
    await worker.stop()
  })

  test('[W6] pages and details come from the server, and again when their kind has changed', async () => {
    const put = (id: string, text: string) => hooks.commit((tx) => tx.reports.put({ id, text }))
    await put('r1', 'b')
    await hooks.stage('mount', 'Server')
    const shown = async (id: string): Promise<unknown> => JSON.parse(await hooks.shown(id))
    const r1 = { id: 'r1', text: 'b' }
    await expect.poll(() => shown('detail')).toEqual({ value: r1, isPending: false })
    await expect.poll(() => shown('page')).toEqual({ value: expect.objectContaining({ items: [r1] }), isPending: false })
    await put('r2', 'a')
    await expect.poll(() => shown('page')).toMatchObject({ value: { items: [{ id: 'r2', text: 'a' }, r1] }, isPending: false })
    await put('r1', 'c')
    await expect.poll(() => shown('detail')).toEqual({ value: { id: 'r1', text: 'c' }, isPending: false })
    expect(await shown('nothing')).toEqual({ isPending: false })
    expect(await shown('unindexed')).toEqual({ error: 'INDEX_UNKNOWN', isPending: false })
  })

  test('[W6] [X11] a page goes on by itself after a restart: its status, what it holds, and what it could not ask', async () => {
    await fill()
    await hooks.commit((tx) => tx.reports.put({ id: 'r2', text: 'a' }))
    await hooks.stage('mount', 'Reads')
    await hooks.stopServer()
    await hooks.page.locator('#state', { hasText: 'offline' }).waitFor()
    const held = await hooks.shown('names')
    expect(held, 'what was known stays').toContain('"a"')
    await hooks.stage('mount', 'Newest')
    const newest = async (): Promise<unknown> => JSON.parse(await hooks.shown('newest'))
    await expect.poll(newest).toEqual({ error: 'UNREACHABLE', isPending: false })
    await hooks.startServer()
    await expect.poll(newest, { timeout: 30_000 }).toMatchObject({ value: { items: [{ id: 'r2' }] }, isPending: false })
    await hooks.stage('mount', 'Reads')
    await hooks.page.locator('#state', { hasText: 'live' }).waitFor()
    await hooks.commit((tx) => tx.title.set({ text: 'after' }))
    expect(JSON.parse(await hooks.shown('title'))).toEqual({ text: 'after' })
  })

  test('[W4] before the first snapshot there is nothing, and what waits for it is suspended', async () => {
    await hooks.store.commit((tx) => tx.title.set({ text: 'there' }))
    for (const isStrict of [false, true]) {
      await hooks.stage('mount', 'Reads', { isEarly: true, isStrict })
      const early = { title: 'undefined', names: '[]', count: '0', lines: '[]', state: '"connecting"', revision: 'undefined' }
      for (const [id, text] of Object.entries(early)) expect(await hooks.shown(id), id).toBe(text)
      await hooks.stage('letThrough')
      await hooks.page.locator('#title', { hasText: '{"text":"there"}' }).waitFor()
      await hooks.stage('mount', 'Suspended', { isEarly: true, isStrict })
      expect(await hooks.shown('fallback')).toBe('waits')
      await hooks.stage('letThrough')
      await hooks.page.locator('#title', { hasText: '{"text":"there"}' }).waitFor()
      expect(await hooks.page.locator('#fallback').count()).toBe(0)
    }
  })

  test('[W4] HTML of a server says that nothing is held, and the page takes it up without a warning', async () => {
    await hooks.commit((tx) => tx.title.set({ text: 'there' }))
    const html = await hooks.stage('mount', 'Reads', { isHydrated: true })
    expect(html).toContain('<p id="title">undefined</p>')
    expect(html).toContain('<p id="names">[]</p>')
    expect(html).toContain('<p id="state">"connecting"</p>')
    await hooks.page.locator('#title', { hasText: '{"text":"there"}' }).waitFor()
    expect(await hooks.shown('state')).toBe('"live"')
  })

  test('[R3] wrong use is an error with a code, for a boundary to catch', async () => {
    const codes = {
      WithoutProvider: 'REPLICA_MISSING',
      Undeclared: 'INDEX_UNKNOWN',
      Misspelled: 'OPTION_INVALID',
      NoHandle: 'OPTION_INVALID',
    }
    for (const [name, code] of Object.entries(codes)) {
      await hooks.stage('mount', name)
      await hooks.page.locator('#code', { hasText: code }).waitFor()
    }
    // React 18 tells of what boundaries catch, too.
    hooks.browser.complaints.length = 0
  })
})
