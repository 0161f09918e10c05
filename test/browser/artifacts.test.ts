/** What a real browser makes of artifacts that would like to run something, and of pages of others that would like to use its cookie. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
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
  tables.exec(`UPDATE k${String(id)} SET value = replace(value, '"name":"split"', '"name":"${name}"')`)
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

/** A server of somebody else on this machine, until the test is over: its address. */
async function serveElsewhere(shown: string): Promise<string> {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(shown)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** In a page of somebody else: each way to send or to load something without asking first, and what there is to read of it then. */
const attack = (url: string): string => `(async () => {
  const call = '${url}/state/call/say'
  const read = []
  for (const enctype of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
    const frame = Object.assign(document.createElement('iframe'), { name: enctype })
    const form = Object.assign(document.createElement('form'), { method: 'post', action: call, enctype, target: enctype })
    form.append(Object.assign(document.createElement('input'), { name: '{"id":"' + enctype + '","input":{"id":"a', value: '"}}' }))
    document.body.append(frame, form)
    const loaded = new Promise((resolve) => (frame.onload = resolve))
    form.submit()
    await loaded
    read.push(frame.contentDocument)
  }
  for (const [address, asked] of [
    [call, { method: 'POST', body: '{"id":"b","input":{"id":"b"}}', mode: 'no-cors' }],
    [call, { method: 'POST', body: '{"id":"c","input":{"id":"c"}}', headers: { 'content-type': 'application/json' } }],
    [call, { mode: 'no-cors' }],
    ['${url}/state/snapshot', { mode: 'no-cors' }],
    ['${url}/state/snapshot', {}],
  ]) read.push(await fetch(address, { credentials: 'include', ...asked }).then((answer) => answer.text(), () => null))
  for (const tag of ['img', 'script']) for (const address of [call, '${url}/state/snapshot']) {
    const element = Object.assign(document.createElement(tag), { src: address })
    read.push(await new Promise((resolve) => {
      element.onload = () => resolve('loaded')
      element.onerror = () => resolve(null)
      document.body.append(element)
    }))
  }
  return read
})()`

let browser: TestBrowser
let home: string

describe.runIf(chromiumPath !== undefined)('in a browser', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'browser-'))
    browser = await TestBrowser.launch(home)
  })
  afterAll(async () => {
    await browser.close()
    rmSync(home, { recursive: true })
  })

  test('[Z15] [A4] an artifact runs no script in a browser, whether it is visited or embedded, and whatever it is said to be', async () => {
    const { store, server } = await serveClub()
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
    await page.goto(await serveElsewhere(html))
    await expect.poll(() => ran.length).toBeGreaterThan(0)
  })

  test('[Z4] a page of another origin on this machine changes and reads nothing, though the browser adds the cookie', async () => {
    const { store, server } = await serveClub()
    const page = await browser.open(server.link({ user: 'ada', data: { role: 'member' } }))
    await page.waitForURL((url) => url.pathname === '/')
    const { cursor } = store
    const answered: [method: string, status: number, hasCookie: boolean][] = []
    server.http.prependListener('request', ({ method = '', headers, url }, response) => {
      if (url?.startsWith('/state/') === true)
        response.on('finish', () => answered.push([method, response.statusCode, headers.cookie !== undefined]))
    })
    await page.goto(await serveElsewhere('<!doctype html><body></body>'))
    expect(await page.evaluate(attack(server.url))).toEqual(Array(12).fill(null))
    const posts = Array(4).fill(['POST', 403, true])
    const preflight = ['OPTIONS', 403, false]
    await expect.poll(() => answered).toEqual([...posts, preflight, ...Array(7).fill(['GET', 403, true])])
    expect([store.cursor, store.messages.count()]).toEqual([cursor, 0])

    // The same browser may, by a page of the server's own.
    await page.goto(`${server.url}/healthz`)
    const headers = "{ 'content-type': 'application/json', 'holdfast-request': '1' }"
    const own = `fetch('/state/call/say', { method: 'POST', headers: ${headers}, body: '{"id":"d","input":{"id":"d"}}' }).then(({ status }) => status)`
    expect([await page.evaluate(own), store.messages.count()]).toEqual([200, 1])
  })
})
