/**
 * netscan's page in a real browser: tabs, kill -9, restart, a store that is replaced by an older copy; what it says when something is
 * wrong, and whether it can be read and does not jump.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { chromiumPath, TestBrowser } from './chromium.ts'
import { faintTexts } from './contrast.ts'
import { Netscan } from './netscan-program.ts'
import { agree, ask, cardOf, isLive, kept, shown } from './netscan-tabs.ts'

const scan = ['--scanner', 'connect', '--target', '127.0.0.1']

test.runIf(chromiumPath !== undefined)(
  '[X8] [X11] [X26] [X29] [H4] tabs follow a scan through kill -9, restart and a store replaced by an older copy, without a reload',
  { timeout: 240_000 },
  async () => {
    const directory = join(temporaryDirectory(), 'netscan')
    const first = await Netscan.start(directory, ...scan, '--ports', '1-3000')
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

    const second = await Netscan.start(directory, ...scan, '--ports', '1-3000')
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

    const third = await Netscan.start(directory)
    await third.finishes()
    // The scan went on where it was, in the card it has in every tab.
    for (const page of [one, two, three]) await cardOf(page, 'Scans', '127.0.0.1').first().getByText('attempt 2 of 4').waitFor()
    await agree([one, two, three], directory)

    // The store is replaced underneath by what it was before.
    const before = await kept(directory)
    await third.end('SIGKILL')
    rmSync(directory, { recursive: true })
    cpSync(older, directory, { recursive: true })
    const fourth = await Netscan.start(directory, ...scan, '--ports', '1-3000')
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
    const program = await Netscan.start(directory, ...scan, '--ports', '1-2000')
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
    expect(runCurl(['-s', '-w', '%{http_code}', curl.at(-1) ?? ''])).toBe('401')

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

const briefly = ['--scanner', 'connect', '--target', '127.0.0.1', '--ports', '1-300']

interface Scene {
  readonly program: Netscan
  readonly directory: string
  readonly browser: TestBrowser
  readonly page: Page
}

/** A page that is live, with a finished scan. */
async function openPage(): Promise<Scene> {
  const directory = join(temporaryDirectory(), 'netscan')
  const program = await Netscan.start(directory, ...briefly)
  const browser = await TestBrowser.start()
  const page = await browser.open(await program.link())
  await page.waitForURL((url) => url.pathname === '/')
  await program.finishes()
  await isLive(page)
  return { program, directory, browser, page }
}

/** What is looked at of an input; this project's types have no page in them. */
interface Input {
  getAttribute(name: string): string | null
  readonly parentElement: { querySelector(selector: string): { readonly textContent: string } | null } | null
}

/** Each field of the form: whether something is wrong with it, and what stands below it. */
async function fields(page: Page): Promise<[invalid: string | null, about: string][]> {
  const found = page.getByRole('textbox').and(page.locator('[aria-describedby]'))
  return await found.evaluateAll((inputs) =>
    (inputs as unknown as readonly Input[]).map((input) => [
      input.getAttribute('aria-invalid'),
      input.parentElement?.querySelector('p')?.textContent ?? '',
    ]),
  )
}

test.runIf(chromiumPath !== undefined)(
  'what is wrong with a wish stands at its field, and moves nothing; why a scan failed is told there and in every tab',
  { timeout: 60_000 },
  async () => {
    const { browser, page } = await openPage()
    const height = async (): Promise<number> => (await page.locator('.panel.scans').boundingBox())?.height ?? 0
    const before = await height()
    await ask(page, 'a b', '0-99999')
    await page.getByRole('alert').first().waitFor()
    expect(await fields(page)).toEqual([
      ['true', '"a b" is no address, no block such as 10.0.0.0/30 and no host name.'],
      ['true', '"0-99999" is no port or range: ports go from 1 to 65535, as in 22,80,8000-8100.'],
    ])
    expect(await page.evaluate('document.activeElement.name')).toBe('target')
    expect(await height()).toBe(before)

    const other = await browser.open(page.url())
    await isLive(other)
    // RFC 6761: nobody may know a name that ends so.
    await ask(page, 'nobody.invalid', '')
    for (const tab of [page, other]) {
      await tab.locator('.badge', { hasText: 'Failed' }).waitFor()
      await tab.locator('.card-course', { hasText: 'The name "nobody.invalid" was not found' }).waitFor()
    }
    await page.getByRole('alert').waitFor()
    expect((await fields(page)).map(([invalid]) => invalid)).toEqual(['true', 'false'])
    expect((await fields(other)).map(([invalid]) => invalid)).toEqual(['false', 'false'])
    expect(await height()).toBe(before)
    await page.getByRole('textbox', { name: 'Target' }).fill('127.0.0.1')
    expect((await fields(page)).map(([invalid]) => invalid)).toEqual(['false', 'false'])
  },
)

test.runIf(chromiumPath !== undefined)(
  '[X27] [X29] [X9] [A4] [X55] scans and a report side by side, in every tab in cards of their own: lines, cancelling, downloads, kill -9',
  { timeout: 120_000 },
  async () => {
    const { program, directory, browser, page: one } = await openPage()
    // Long enough to be there until they are ended.
    const [first, second] = ['127.0.0.0/28', '127.0.1.0/28']
    await ask(one, first, '1-65535')
    await ask(one, second, '1-65535')
    await one.getByRole('button', { name: 'Report on the scan of 127.0.0.1', exact: true }).click()
    const two = await browser.open(one.url())
    await isLive(two)
    for (const page of [one, two])
      for (const target of [first, second]) await cardOf(page, 'Scans', target).getByText('Running', { exact: true }).waitFor()

    // Each has a history of its own.
    await two.getByRole('button', { name: `Lines of the scan of ${second} in the console` }).click()
    const lines = two.getByRole('log', { name: 'Console' }).locator('p.line')
    await lines.filter({ hasText: `scan of ${second} started` }).waitFor()
    expect((await lines.allInnerTexts()).filter((line) => line.includes(' 127.0.0.') || line.includes(first))).toEqual([])

    // Cancelled in one tab, it has ended in both, and the other one goes on.
    await two.getByRole('button', { name: `Cancel the scan of ${first}` }).press('Enter')
    for (const page of [one, two]) await cardOf(page, 'Scans', first).getByText('Cancelled', { exact: true }).waitFor()
    await two
      .getByRole('button', { name: `Retry the scan of ${first}` })
      .and(two.locator(':focus'))
      .waitFor()
    await cardOf(one, 'Scans', second).getByText('Running', { exact: true }).waitFor()

    expect(await download(two, 'HTML')).toContain('<h1>127.0.0.1</h1>')
    await program.end('SIGKILL')
    const again = await Netscan.start(directory, ...briefly)
    await Promise.all([isLive(one), isLive(two)])
    for (const page of [one, two]) await cardOf(page, 'Scans', second).getByText('attempt 2 of 4, after an interruption').waitFor()
    expect(JSON.parse(await download(one, 'JSON'))).toMatchObject({ scan: { target: '127.0.0.1', state: 'completed' } })
    await one.getByRole('button', { name: `Cancel the scan of ${second}` }).click()
    await cardOf(two, 'Scans', second).getByText('Cancelled', { exact: true }).waitFor()

    // A file that somebody has taken away is shown as gone, in time.
    rmSync(join(directory, 'artifacts'), { recursive: true })
    await cardOf(two, 'Reports', '127.0.0.1').getByText('HTML gone').waitFor({ timeout: 30_000 })
    expect(await two.getByRole('link', { name: /^Download/ }).count()).toBe(0)
    expect(browser.complaints).toEqual([])
    await again.end('SIGTERM')
  },
)

async function download(page: Page, format: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: `Download the report of 127.0.0.1 as ${format}` }).click(),
  ])
  expect(file.suggestedFilename()).toMatch(/^netscan-127\.0\.0\.1-[\dT-]+\.(?:html|json)$/)
  return await text(await file.createReadStream())
}

/** In both themes, with the pointer on the button. */
async function expectReadable(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start scan' }).hover()
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await faintTexts(page), colorScheme).toEqual([])
  }
}

test.runIf(chromiumPath !== undefined)(
  'all text stands out, nothing is cut off at 360 pixels, and nothing blinks for those who asked for calm',
  { timeout: 60_000 },
  async () => {
    const { program, page } = await openPage()
    await expectReadable(page)
    await ask(page, 'a b', '')
    await page.getByRole('alert').waitFor()
    await expectReadable(page)
    await page.setViewportSize({ width: 360, height: 780 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await program.end('SIGKILL')
    await page
      .getByText(/Reconnecting|Offline/)
      .first()
      .waitFor()
    await expectReadable(page)
    expect(await page.evaluate("getComputedStyle(document.querySelector('.top-bar .dot')).animationIterationCount")).toBe('1')
  },
)

test.runIf(chromiumPath !== undefined)('the console stays at its end when the window changes its size', { timeout: 60_000 }, async () => {
  const { page } = await openPage()
  const lines = page.getByRole('log', { name: 'Console' })
  // What a browser may do between laying out anew and telling that it has: it keeps in view what was, and says that it has scrolled.
  const resizes = `(async () => {
    const box = document.querySelector('.lines')
    const left = []
    for (let round = 0; round < 40; round += 1) {
      box.style.maxHeight = (round % 2 === 0 ? 3 : 4) + 'rem'
      box.scrollTop = 0
      box.dispatchEvent(new Event('scroll'))
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame)
      left.push(box.scrollHeight - box.scrollTop - box.clientHeight)
    }
    return left
  })()`
  expect(await page.evaluate(resizes)).toEqual(Array.from({ length: 40 }, () => 0))
  const newest = page.getByRole('button', { name: 'Newest lines' })
  expect(await newest.isVisible()).toBe(false)
  // A reader who scrolls up is left where he is.
  await lines.evaluate((box) => ((box as unknown as { scrollTop: number }).scrollTop = 0))
  await newest.waitFor()
})
