/** Bundles the page into files a server can hand out as they are: nothing inline, nothing from elsewhere. */
import { build } from 'vite'
import type { PageTransport } from '../transport.ts'

/**
 * Builds the page into a directory, which is emptied first.
 *
 * Scripts and styles are files of their own, named by their content, and addressed relative to `index.html`; so a policy of `'self'` is
 * enough, at whatever path the page is served.
 *
 * @param transport what carries it; the client of Socket.IO is in none but its own
 */
export async function buildPage(outDirectory: string, transport: PageTransport): Promise<void> {
  await build({
    root: import.meta.dirname,
    base: './',
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'error',
    // The bundle is for a browser, whatever the process that makes it is for.
    define: { 'process.env.NODE_ENV': JSON.stringify('production'), pageTransport: JSON.stringify(transport) },
    oxc: { jsx: { runtime: 'automatic', development: false } },
    build: {
      outDir: outDirectory,
      emptyOutDir: true,
      // All that has light-dark() and container queries.
      target: ['chrome123', 'firefox121', 'safari17.5'],
      modulePreload: false,
      reportCompressedSize: false,
    },
  })
}
