/** Bundles the page into files a server can hand out as they are: nothing inline, nothing from elsewhere. */
import { build } from 'vite'

/**
 * Builds the page into a directory, which is emptied first.
 *
 * Scripts and styles are files of their own, named by their content, and addressed relative to `index.html`; so a policy of `'self'` is
 * enough, at whatever path the page is served.
 */
export async function buildPage(outDirectory: string): Promise<void> {
  await build({
    root: import.meta.dirname,
    base: './',
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'error',
    // The bundle is for a browser, whatever the process that makes it is for.
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
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
