/** What a real browser makes of artifacts that would like to run something. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { serveClub } from '../server/served-club.ts'
import { openTables } from '../support/tables.ts'
import { chromiumPath, TestBrowser } from './chromium.ts'

const script = `fetch('/ran?' + document.cookie); document.title = 'ran'`
const html = `<!doctype html><title>plain</title><body onload="${script}"><script>${script}</script><img src="x" onerror="${script}"></body>`
const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="${script}"><script>${script}</script></svg>`

const pdf = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.launchURL\\('/ran?pdf'\\))>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
trailer<</Root 1 0 R>>`
/** A picture and a script at once, and a page to whoever looks for one. */
const polyglot = `GIF89a/*${html.replaceAll('*/', '')}*/=0;${script}`

/** Gives the artifact called "split" a name that no put lets through, as a damaged store or another program would. */
async function splitName({ directory }: { readonly directory: string }): Promise<void> {
  const tables = await openTables(directory)
  const [[id] = []] = tables.all("SELECT id FROM hf_kind WHERE name = 'files'")
  const name = String.raw`a\r\nset-cookie: ran=yes\r\n\r\n<script>`
  tables.exec(`UPDATE k${id} SET value = replace(value, '"name":"split"', '"name":"${name}"')`)
}

/** Bytes, and what whoever put them says they are. */
const hostile: readonly [name: string, type: string, text: string, saved?: string][] = [
  ['page.html', 'text/html', html],
  ['page.txt', 'text/plain', html],
  ['page.png', 'image/png', html],
  ['page.json', 'application/json', html],
  ['page.xhtml', 'application/xhtml+xml', html],
  ['drawing.svg', 'image/svg+xml', svg],
  ['drawing.xml', 'text/xml', svg],
  ['unknown', '', html],
  ['code.js', 'text/javascript', script],
  ['code.csv', 'text/csv', script],
  ['form.pdf', 'application/pdf', pdf],
  ['form.html', 'text/html', `${pdf}\n${html}`],
  ['picture.gif', 'image/gif', polyglot],
  ['"; filename="page.html', 'text/html', html, '_; filename=_page.html'],
  ['split', 'text/html', html, 'a__set-cookie_ ran=yes_____script_'],
]

/** Goes there as somebody would who follows a link. */
async function visit(page: Page, url: string): Promise<string> {
  const download = page.waitForEvent('download')
  const outcome = await page.goto(url).then(
    () => 'shown',
    (error: Error) => error.message,
  )
  return /Download is starting/.test(outcome) ? (await download).suggestedFilename() : outcome
}

/** Puts them into a page of the same origin, in each way that there is, and waits a moment: what should not happen has no event. */
async function embed(page: Page, urls: readonly string[]): Promise<void> {
  await page.evaluate(`
    for (const address of ${JSON.stringify(urls)}) {
      for (const [tag, attribute] of Object.entries({ iframe: 'src', embed: 'src', object: 'data', script: 'src', img: 'src' })) {
        document.body.append(Object.assign(document.createElement(tag), { [attribute]: address }))
      }
    }
    new Promise((resolve) => setTimeout(resolve, 1000))
  `)
}

test.runIf(chromiumPath !== undefined)(
  '[Z15] [A4] an artifact runs no script in a browser, whether it is visited or embedded, and whatever it is said to be',
  { timeout: 60_000 },
  async () => {
    const { store, server } = await serveClub()
    const browser = await TestBrowser.start()
    const page = await browser.open(server.link({ user: 'ada', data: { role: 'member' } }))
    const ran: string[] = []
    page.context().on('request', (asked) => {
      if (asked.url().includes('/ran?')) ran.push(asked.url())
    })
    await page.waitForURL((url) => url.pathname === '/')
    const urls: string[] = []
    for (const [name, type, text] of hostile) {
      const { id } = await store.files.put(Buffer.from(text), {}, { name, ...(type !== '' && { type }) })
      urls.push(`${server.url}/state/artifact/files/${id}`)
    }
    await splitName(store)
    for (const [at, [name, , , saved = name]] of hostile.entries()) expect([name, await visit(page, urls[at] ?? '')]).toEqual([name, saved])
    await page.goto(`${server.url}/healthz`)
    await embed(page, urls)
    expect([await page.title(), ran]).toEqual(['', []])
    // Neither does any script see the cookie by which the browser is known.
    expect(await page.evaluate('document.cookie')).toBe('')
    expect((await page.context().cookies()).map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([[true, 'Strict']])

    // The same bytes from a server that takes no care do run.
    const careless = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html)).listen(0, '127.0.0.1')
    await once(careless, 'listening')
    onTestFinished(() => void careless.close())
    await page.goto(`http://127.0.0.1:${(careless.address() as AddressInfo).port}/`)
    await expect.poll(() => ran.length).toBeGreaterThan(0)
    careless.closeAllConnections()
  },
)
