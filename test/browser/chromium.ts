/** A real browser, and what it complained about. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a Chromium is installed; undefined where none is. */
export const chromiumPath: string | undefined = places.find((path) => existsSync(path))

const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']

export class TestBrowser {
  readonly #browser: Browser
  readonly #context: BrowserContext
  /** Errors of pages, reports of their policy, and what their consoles show as errors. */
  readonly complaints: string[] = []

  private constructor(browser: Browser, context: BrowserContext) {
    this.#browser = browser
    this.#context = context
  }

  /** Closed when the running test is over. */
  static async start(): Promise<TestBrowser> {
    const browser = await TestBrowser.launch(temporaryDirectory())
    onTestFinished(() => browser.close())
    return browser
  }

  /** @param home where it keeps caches of its own */
  static async launch(home: string): Promise<TestBrowser> {
    const env = { ...process.env, HOME: home } as Record<string, string>
    const args = ['--no-sandbox', '--disable-gpu', ...quiet]
    const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args, env })
    return new TestBrowser(browser, await browser.newContext())
  }

  close(): Promise<void> {
    return this.#browser.close()
  }

  /** A new tab at an address of ours; the documents that it shows, then and later, have a strict policy. */
  async open(url: string): Promise<Page> {
    const page = await this.#context.newPage()
    page.on('pageerror', (error) => this.complaints.push(`${page.url()}: ${error.message}`))
    page.on('console', (message) => {
      // That the server is away is what these tests are about; the browser says so by itself, and no page can keep it from that.
      if (message.type() === 'error' && !message.text().includes('net::ERR_')) this.complaints.push(message.text())
    })
    const content = "document.addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective))"
    await page.addInitScript({ content })
    page.on('response', (response) => {
      const isPage = response.request().isNavigationRequest() && response.headers()['content-type']?.startsWith('text/html')
      if (isPage === true && !isStrictPolicy(response.headers()['content-security-policy']))
        this.complaints.push(`${response.url()}: no strict policy`)
    })
    expect((await page.goto(url))?.headers()['content-security-policy']).toSatisfy(isStrictPolicy)
    return page
  }
}

/** Nothing that is not named, and neither scripts nor styles that stand in the page. */
function isStrictPolicy(policy = ''): boolean {
  return policy.startsWith("default-src 'none'; ") && !policy.includes('unsafe-')
}
