/** A page with hooks in a real browser, the store it shows, and its server, which can go and come back. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { projectRoot } from '../../scripts/list-files.ts'
import { openStore, type Store, type Tx } from '../../src/index.ts'
import { type HoldfastServer, serve } from '../../src/server.ts'
import { TestBrowser } from '../browser/chromium.ts'
import { freePort } from '../server/served.ts'
import { actions, lan } from './lan.ts'
import type { Stage } from './stage.ts'

export class HooksPage {
  readonly #directory: string
  readonly #port: number
  readonly browser: TestBrowser
  readonly store: Store<typeof lan>
  #server: HoldfastServer | undefined
  #page: Page | undefined

  private constructor(parts: { directory: string; port: number; browser: TestBrowser; store: Store<typeof lan> }) {
    this.#directory = parts.directory
    this.#port = parts.port
    this.browser = parts.browser
    this.store = parts.store
  }

  static async open(): Promise<HooksPage> {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'hooks-')))
    await buildPage(join(directory, 'page'))
    const browser = await TestBrowser.launch(join(directory, 'home'))
    const store = await openStore(lan, { directory: join(directory, 'store') })
    const hooks = new HooksPage({ directory, port: await freePort(), browser, store })
    await hooks.startServer()
    hooks.#page = await browser.open(hooks.#server?.link() ?? '')
    await hooks.page.waitForURL((url) => url.pathname === '/')
    await hooks.page.waitForFunction('"stage" in window')
    return hooks
  }

  get page(): Page {
    if (this.#page === undefined) throw new Error('There is no page yet')
    return this.#page
  }

  async startServer(): Promise<void> {
    this.#server = await serve(this.store, { port: this.#port, actions, page: join(this.#directory, 'page') })
  }

  async stopServer(): Promise<void> {
    await this.#server?.close()
  }

  /** Calls a method of the page's stage. */
  async stage<Name extends keyof Stage>(name: Name, ...args: Parameters<Stage[Name]>): Promise<Awaited<ReturnType<Stage[Name]>>> {
    const script = `stage[${JSON.stringify(name)}](...${JSON.stringify(args)})`
    return (await this.page.evaluate(script)) as Awaited<ReturnType<Stage[Name]>>
  }

  /** What a component shows, which is JSON. */
  async shown(id: string): Promise<string> {
    return await this.page.locator(`#${id}`).innerText()
  }

  /** Commits, and waits until the page shows it. */
  async commit(callback: (tx: Tx<typeof lan>) => void): Promise<void> {
    await this.store.commit((tx) => callback(tx))
    await this.stage('settled', this.store.cursor)
  }

  async close(): Promise<void> {
    await this.browser.close()
    await this.stopServer()
    await this.store.close()
    rmSync(this.#directory, { recursive: true })
  }
}

/** React of another version may be given, as the `node_modules` that has it: HOLDFAST_REACT. */
async function buildPage(out: string): Promise<void> {
  const other = process.env['HOLDFAST_REACT']
  const alias = other === undefined ? {} : { react: join(other, 'react'), 'react-dom': join(other, 'react-dom') }
  await build({
    root: join(projectRoot, 'test/react/page'),
    base: './',
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'error',
    mode: 'development',
    resolve: { alias },
    // React warns of results that are not kept, and of much else.
    define: { 'process.env.NODE_ENV': JSON.stringify('development') },
    oxc: { jsx: { runtime: 'automatic', development: false } },
    build: { outDir: out, minify: false, modulePreload: false, reportCompressedSize: false },
  })
}
