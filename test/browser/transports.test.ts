/** netscan's page over each transport, in one real browser: two tabs that go through the same short story. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PageTransport } from '../../examples/netscan/transport.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { chromiumPath, TestBrowser } from './chromium.ts'
import { Netscan } from './netscan-program.ts'
import { agree, ask, cardOf, isLive, tellOnline } from './netscan-tabs.ts'

/** What the tabs say carries them; of a stream they have one together. What `auto` chooses is what the other tests look at. */
const carriers: readonly [transport: PageTransport, said: readonly string[]][] = [
  ['sse', ['by another tab', 'by server-sent events']],
  ['websocket', ['by WebSocket', 'by another tab']],
  ['long-poll', ['by long polls', 'by long polls']],
  ['poll', ['by polls', 'by polls']],
  ['socket.io', ['by Socket.IO', 'by Socket.IO']],
]

let browser: TestBrowser
let home: string

describe.runIf(chromiumPath !== undefined)('in a browser', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'browser-'))
    browser = await TestBrowser.launch(home)
  })
  afterAll(async () => {
    await browser.close()
    rmSync(home, { recursive: true })
  })

  test.each(carriers)(
    '[X8] [X11] [H2] two tabs follow a scan through kill -9 and restart by %s, without a reload',
    async (transport, said) => {
      const directory = join(temporaryDirectory(), 'netscan')
      const args = ['--scanner', 'connect', '--target', '127.0.0.1', '--ports', '1-20', '--transport', transport]
      const first = await Netscan.start(directory, ...args)
      const one = await browser.open(await first.link())
      await one.waitForURL((url) => url.pathname === '/')
      await first.finishes()
      const two = await browser.open(new URL(one.url()).origin)
      for (const page of [one, two]) {
        await isLive(page)
        await page.evaluate(() => Object.assign(globalThis, { isFirstLoad: true }))
      }
      await ask(one, '127.0.0.2', '1-20')
      await cardOf(two, 'Scans', '127.0.0.2').getByText('Done', { exact: true }).waitFor()
      await agree([one, two], directory)

      const carried = await Promise.all([one, two].map((page) => page.locator('.carrier').innerText()))
      expect(carried.toSorted()).toEqual(said)

      await first.end('SIGKILL')
      for (const page of [one, two]) await page.getByText(/^(Reconnecting|Offline)$/).waitFor()
      const second = await Netscan.start(directory, ...args)
      // How long it would wait by itself is what the other tests look at.
      for (const page of [one, two]) await tellOnline(page)
      await second.finishes()
      await agree([one, two], directory)
      for (const page of [one, two]) {
        expect(await page.evaluate(() => 'isFirstLoad' in globalThis), 'no reload').toBe(true)
        await page.close()
      }
      expect(browser.complaints.splice(0)).toEqual([])
    },
  )
})
