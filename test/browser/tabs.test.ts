/** Tabs of a real browser that share one connection, through its own locks and channels. */
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { expect, test } from 'vitest'
import { projectRoot } from '../../scripts/list-files.ts'
import { freePort } from '../network/served-program.ts'
import { Program } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { chromiumPath, TestBrowser } from './chromium.ts'
import type { TabsCalls } from './tabs-program.ts'

const tabCount = 12

/** A page that connects as applications do, and shows what it has in its title. */
async function buildPage(): Promise<string> {
  const root = temporaryDirectory()
  const source = join(root, 'page.js')
  writeFileSync(
    source,
    `import { connect } from ${JSON.stringify(join(projectRoot, 'src/client.ts'))}
     import { tabs } from ${JSON.stringify(join(projectRoot, 'src/client-tabs.ts'))}
     const replica = (globalThis.replica = connect({ url: '/state', through: tabs }))
     const show = ({ state, transport }) => (document.title = state + ' ' + transport + ' ' + replica.title.get())
     replica.onStatus(show)
     show(replica.status)`,
  )
  const outDir = join(root, 'assets')
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    build: { outDir, rolldownOptions: { input: source, output: { entryFileNames: 'page.js' } } },
  })
  writeFileSync(
    join(outDir, 'index.html'),
    '<!doctype html><title>none</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
  )
  return outDir
}

/** Waits until all tabs show a title, live; answers with those that have the connection themselves. */
async function agree(pages: readonly Page[], title: string): Promise<Page[]> {
  for (const page of pages) await expect.poll(() => page.title(), { timeout: 60_000 }).toMatch(new RegExp(`^live (sse|shared) ${title}$`))
  const titles = await Promise.all(pages.map((page) => page.title()))
  return pages.filter((_, n) => titles[n]?.startsWith('live sse'))
}

test.runIf(chromiumPath !== undefined)(
  '[X57] [H4] twelve tabs have one connection together, and go on when the one that has it is closed or killed, the server is, one sleeps or the store is replaced',
  { timeout: 180_000 },
  async () => {
    const [directory, assets, port] = [join(temporaryDirectory(), 'store'), await buildPage(), await freePort()]
    const start = async (): Promise<[Program<TabsCalls>, string]> => {
      const program = new Program<TabsCalls>(new URL('./tabs-program.ts', import.meta.url))
      return [program, await program.call('begin', directory, assets, port)]
    }
    const [first, link] = await start()
    await first.call('setTitle', 'one')
    const browser = await TestBrowser.start()
    const page = await browser.open(link)
    await page.waitForURL((url) => url.pathname === '/')
    let pages = [page]
    while (pages.length < tabCount) pages.push(await browser.open(`http://127.0.0.1:${port}/`))
    expect(await agree(pages, 'one')).toHaveLength(1)
    // Those that pages were loaded by close when nothing comes by them.
    await expect.poll(() => first.call('count'), { timeout: 30_000 }).toMatchObject({ feeds: 1, mostFeeds: 1, connections: 1 })
    await first.call('setTitle', 'two')
    await agree(pages, 'two')
    expect(await first.call('count')).toMatchObject({ connections: 1, mostFeeds: 1 })

    // A call in a tab that has no connection for the feed resolves when its commit is there.
    const other = pages.at(-1)!
    const called = "replica.call('addNote', { text: 'hello' }).then((value) => [value, replica.lines.read().at(-1).value])"
    expect(await other.evaluate(called)).toEqual(['noted hello', 'hello'])

    // The tab that has the connection is closed; then the process of the next one is killed.
    const [closing] = await agree(pages, 'two')
    await closing?.close()
    pages = pages.filter((one) => one !== closing)
    await first.call('setTitle', 'three')
    const [crashing] = await agree(pages, 'three')
    const crashed = crashing?.waitForEvent('crash')
    const session = await crashing?.context().newCDPSession(crashing)
    session?.send('Page.crash').catch(() => undefined)
    await crashed
    pages = pages.filter((one) => one !== crashing)
    await first.call('setTitle', 'four')
    expect(await agree(pages, 'four')).toHaveLength(1)

    // The server is killed and comes back.
    await first.kill()
    const copy = join(temporaryDirectory(), 'copy')
    cpSync(directory, copy, { recursive: true })
    for (const one of pages) await expect.poll(() => one.title(), { timeout: 60_000 }).toMatch(/^(?!live)/)
    const [second] = await start()
    await second.call('setTitle', 'five')
    expect(await agree(pages, 'five')).toHaveLength(1)
    expect((await second.call('count')).feeds).toBe(1)

    // A tab sleeps while the older copy takes the place of the store; then it wakes. Nothing is loaded again.
    for (const one of pages) await one.evaluate('globalThis.isTheSame = true')
    const sleeper = pages.at(-1)!
    const sleep = await sleeper.context().newCDPSession(sleeper)
    await sleep.send('Page.setWebLifecycleState', { state: 'frozen' })
    await second.kill()
    rmSync(directory, { recursive: true })
    cpSync(copy, directory, { recursive: true })
    const [third] = await start()
    await third.call('setTitle', 'six')
    const awake = pages.filter((one) => one !== sleeper)
    await agree(awake, 'six')
    await sleep.send('Page.setWebLifecycleState', { state: 'active' })
    await third.call('setTitle', 'seven')
    expect(await agree(pages, 'seven')).toHaveLength(1)
    for (const one of pages) expect(await one.evaluate('isTheSame')).toBe(true)
    // One after the other was told that its place is gone, and passed the lead on.
    await expect.poll(async () => (await third.call('count')).connections, { timeout: 30_000 }).toBeLessThanOrEqual(2)
    expect(browser.complaints).toEqual([])
  },
)
