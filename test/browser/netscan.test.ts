/** netscan's page in a real browser: tabs, kill -9, restart, and a store that is replaced by an older copy. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { netscan } from '../../examples/netscan/state.ts'
import { projectRoot } from '../../scripts/list-files.ts'
import { openStore } from '../../src/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { chromiumPath, TestBrowser } from './chromium.ts'

const main = join(projectRoot, 'examples/netscan/main.ts')
const scan = ['--scanner', 'connect', '--target', '127.0.0.1']

/** netscan with its page, as `npm start` runs it. */
class Netscan {
  readonly #child: ChildProcessByStdio<null, Readable, null>
  #output = ''

  constructor(directory: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [main, '--directory', directory, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    onTestFinished(() => this.end('SIGKILL'))
  }

  /** The link it prints. */
  async link(): Promise<string> {
    return (await this.#prints(/http:\/\/\S+#\S+/))[0]
  }

  async finishes(): Promise<void> {
    await this.#prints(/scan of \S+ finished/)
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.kill(signal)
    await closed
  }

  async #prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#output)
      if (found !== null) return found
      await once(this.#child.stdout, 'data')
    }
  }
}

/** What a tab shows of the store. */
async function shown(page: Page): Promise<{ readonly revision: number; readonly lines: string[] }> {
  const revision = Number(/revision ([\d,]+)/.exec(await page.getByRole('banner').innerText())?.[1]?.replaceAll(',', '') ?? Number.NaN)
  const lines = await page.getByRole('log', { name: 'Console' }).locator('p').allInnerTexts()
  return { revision, lines: lines.map((line) => line.split('\n').at(-1)?.trim() ?? '') }
}

/** What the store holds, read beside whoever has it open. */
async function kept(directory: string): Promise<{ readonly revision: number; readonly lines: string[] }> {
  const store = await openStore(netscan, { directory, readOnly: true })
  try {
    return { revision: store.health().revision, lines: store.console.read({ limit: 500 }).map(({ value }) => value.text) }
  } finally {
    await store.close()
  }
}

async function isLive(page: Page): Promise<void> {
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })
}

/** Waits until every tab shows what the store holds. */
async function agree(pages: readonly Page[], directory: string): Promise<void> {
  for (const page of pages) {
    await isLive(page)
    await expect.poll(() => shown(page), { timeout: 30_000 }).toEqual(await kept(directory))
  }
}

test.runIf(chromiumPath !== undefined)(
  '[X8] [X11] [X26] [H4] tabs follow a scan through kill -9, restart and a store replaced by an older copy, without a reload',
  { timeout: 180_000 },
  async () => {
    const directory = join(temporaryDirectory(), 'netscan')
    const first = new Netscan(directory, ...scan, '--ports', '1-3000')
    const browser = await TestBrowser.start()
    const one = await browser.open(await first.link())
    await one.waitForURL((url) => url.pathname === '/')
    const origin = new URL(one.url()).origin
    await one.evaluate(() => Object.assign(globalThis, { isFirstLoad: true }))
    await first.finishes()
    await isLive(one)

    // Another tab sees what was found before it came.
    const two = await browser.open(origin)
    await agree([one, two], directory)

    // An older copy of the store, for later: nobody writes now.
    await first.end('SIGTERM')
    const older = join(temporaryDirectory(), 'older')
    cpSync(directory, older, { recursive: true })

    const second = new Netscan(directory, ...scan, '--ports', '1-3000')
    await second.finishes()
    await Promise.all([isLive(one), isLive(two)])

    // A scan from the page, a third tab in the middle of it, and then kill -9.
    await one.getByRole('textbox', { name: 'Ports' }).fill('1-60000')
    await one.getByRole('button', { name: 'Start scan' }).click()
    await one.getByText('Running', { exact: true }).waitFor()
    const three = await browser.open(origin)
    await three.getByText('Running', { exact: true }).waitFor()
    await second.end('SIGKILL')
    for (const page of [one, two, three])
      await page
        .getByText(/Reconnecting|Offline/)
        .first()
        .waitFor()
    expect((await shown(one)).lines.length, 'what was known stays visible').toBeGreaterThan(1)

    const third = new Netscan(directory, '--scanner', 'connect')
    await third.finishes()
    await agree([one, two, three], directory)

    // The store is replaced underneath by what it was before.
    const before = await kept(directory)
    await third.end('SIGKILL')
    rmSync(directory, { recursive: true })
    cpSync(older, directory, { recursive: true })
    const fourth = new Netscan(directory, ...scan, '--ports', '1-3000')
    await fourth.finishes()
    await agree([one, two, three], directory)
    expect((await kept(directory)).revision).toBeLessThan(before.revision)

    expect(await one.evaluate(() => 'isFirstLoad' in globalThis), 'no reload').toBe(true)
    expect(browser.complaints).toEqual([])
  },
)

test.runIf(chromiumPath !== undefined)(
  "[P8] a browser's own EventSource and curl hydrate and follow; a link works once",
  { timeout: 60_000 },
  async () => {
    const directory = join(temporaryDirectory(), 'netscan')
    const program = new Netscan(directory, ...scan, '--ports', '1-2000')
    const browser = await TestBrowser.start()
    const link = await program.link()
    const page = await browser.open(link)
    await page.waitForURL((url) => url.pathname === '/')
    await program.finishes()
    const seen = await page.evaluate(
      async () =>
        await new Promise<{ text: string; id: string }>((resolve) => {
          const source = new EventSource('/state/feed?kinds=hosts')
          let text = ''
          source.addEventListener('snapshot', (event) => {
            const { data, lastEventId } = event as unknown as { readonly data: string; readonly lastEventId: string }
            text += `${data}\n`
            if (lastEventId !== '') resolve({ text, id: lastEventId })
            if (lastEventId !== '') source.close()
          })
        }),
    )
    expect(seen.text).toContain('["127.0.0.1",')
    expect(seen.text).toMatch(/\{"end":1\}\n$/)

    const token = readFileSync(join(directory, 'token'), 'utf8').trim()
    const curl = [
      '-N',
      '-s',
      '--max-time',
      '2',
      '-H',
      `Authorization: Bearer ${token}`,
      `${new URL(page.url()).origin}/state/feed?kinds=hosts`,
    ]
    const printed = runCurl(curl)
    expect(printed).toContain('event: snapshot')
    expect(printed).toContain(`id: ${seen.id.split('.')[0]}.`)

    const again = await browser.open(link)
    await again.getByText(/code/i).first().waitFor()
    expect(new URL(again.url()).hash).toBe('')
  },
)

/** What curl prints until its time is over, which it calls an error. */
function runCurl(args: readonly string[]): string {
  try {
    return execFileSync('curl', [...args], { encoding: 'utf8' })
  } catch (error) {
    return (error as { readonly stdout: string }).stdout
  }
}
