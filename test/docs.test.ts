import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { projectRoot, readFiles } from '../scripts/list-files.ts'
import { errorTraits } from '../src/base/error-codes.ts'
import { replicaRemedies } from '../src/client/error-codes.ts'
import { defineState, openStore } from '../src/index.ts'
import { chromiumPath, TestBrowser } from './browser/chromium.ts'
import { type PackedProject, packProject } from './packaging/packed-project.ts'

/** A program in a page, or a part of one: a block of `ts` or `tsx` whose first line is its file name, `// app.ts`. */
interface Example {
  readonly page: string
  readonly name: string
  readonly text: string
}

const pages = readFiles('*.md', 'docs/**/*.md', 'examples/**/*.md')
const examples = [...pages].flatMap(([page, text]) => readExamples(page, text))

function readExamples(page: string, markdown: string): Example[] {
  return [...markdown.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => {
    const name = /^\/\/ ([a-z.-]+\.tsx?)\n/.exec(text)?.[1]
    if (!name?.endsWith(`.${language}`)) throw new Error(`An example of ${page} does not begin with its file name:\n${text}`)
    return { page, name, text }
  })
}

let project: PackedProject
beforeAll(() => {
  project = packProject()
  for (const name of ['zod', 'ws', 'socket.io', 'socket.io-client', 'fastify', '@types', 'react', 'react-dom']) project.link(name)
  for (const { name, text } of examples) project.write(name, text)
  mkdirSync(join(project.directory, 'public'))
}, 120_000)
afterAll(() => project?.remove())

function start(name: string): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const options = { cwd: project.directory, stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] }
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', name], options)
}

function run(name: string): string {
  const env = { ...process.env, HOLDFAST_REGISTRY_DIR: join(project.directory, 'registry') }
  const options = { cwd: project.directory, encoding: 'utf8', env } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', name], options)
  expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' })
  return stdout
}

describe('examples', () => {
  test('each has a name of its own, and the quickstart at most 20 lines', () => {
    const names = examples.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)])
    const quickstart = examples.filter(({ name }) => name === 'state.ts' || name === 'app.ts')
    const lines = quickstart.flatMap(({ text }) => text.trimEnd().split('\n').slice(1))
    expect(lines.length).toBeGreaterThan(10)
    expect(lines.length).toBeLessThanOrEqual(20)
  })

  test('all compile as printed, strictly', () => {
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true, types: ['node'] }
    compile({ ...strict, jsx: 'react-jsx', include: ['*.ts', '*.tsx'] })
    compile({ ...strict, declaration: true, isolatedDeclarations: true, include: ['annotated-state.ts'] })
  })

  test('the quickstart runs as printed, twice on one store, and a second process follows it', async () => {
    expect(run('app.ts')).toMatch(/^revision 1 is on disk \[ \{ address: '10\.0\.0\.4'/)
    const follower = start('follow.ts')
    try {
      const lines = createInterface({ input: follower.stdout })[Symbol.asyncIterator]()
      expect((await lines.next()).value).toBe('[')
      for (let line = ''; line !== ']';) line = (await lines.next()).value as string
      expect(run('app.ts')).toMatch(/^revision 2 is on disk/)
      expect((await lines.next()).value).toBe('2 [')
    } finally {
      follower.kill()
      await once(follower, 'exit')
    }
  })

  test('those of the documentation run as printed, each in turn', () => {
    const others = examples.filter(({ page, name }) => page !== 'README.md' && name.endsWith('.ts'))
    // Scripts of pages, and servers that go on, have a test of their own.
    const ending = others.filter(({ text }) => !/document\.|`Open /.test(text))
    expect(ending.length).toBeGreaterThan(others.length / 2)
    for (const { name } of ending) run(name)
  }, 60_000)

  test('[W4] every component of the documentation renders, and the page that has them is built without anything of the server', async () => {
    const parts = examples.filter(({ name, text }) => name.endsWith('.tsx') && !text.includes('createRoot(')).map(({ name }) => name)
    expect(parts.length).toBeGreaterThan(3)
    project.write('render-parts.tsx', renderingOf(parts))
    await buildExample('render-parts.tsx')
    const rendered = JSON.parse(run('built/render-parts.js')) as Record<string, string>
    expect(rendered['HostList']).toBe('<ul></ul><p>0<!-- --> do not answer.</p>')
    expect(rendered['App']).toContain('Loading …')
    expect(Object.values(rendered)).not.toContain('')
    expect(await buildExample('main.tsx')).not.toMatch(/node:|~standard|ZodError/)
  })
})

describe.skipIf(chromiumPath === undefined)('pages', () => {
  test.each([
    { page: 'README.md', server: 'serve.ts', script: 'tab.ts', before: '10.0.0.4', after: '' },
    { page: 'docs/serving.md', server: 'with-page.ts', script: 'orders.ts', before: '', after: 'tea' },
  ])('the page of $page is served as printed, and does what its button says', async ({ page, server, script, before, after }) => {
    rmSync(join(project.directory, '.lan'), { recursive: true, force: true })
    run('app.ts')
    project.write('public/index.html', /^```html\n<!-- public\/index\.html -->\n(.*?)^```$/ms.exec(pages.get(page) ?? '')?.[1] ?? '')
    project.write(`public/${script.replace('.ts', '.js')}`, await buildExample(script))
    const serving = start(server)
    try {
      const [line] = (await once(createInterface({ input: serving.stdout }), 'line')) as [string]
      const browser = await TestBrowser.start()
      const tab = await browser.open(line.replace('Open ', ''))
      await tab.waitForURL(/:\d+\/$/)
      const shown = () => tab.locator('pre').textContent()
      await expect.poll(shown).toBe(before)
      await tab.getByRole('button').click()
      await expect.poll(shown).toBe(after)
      expect(browser.complaints.filter((complaint) => complaint.startsWith('policy'))).toEqual([])
    } finally {
      serving.kill()
      await once(serving, 'exit')
    }
  })
})

/** A program that prints the HTML of each component, by its name. */
function renderingOf(parts: readonly string[]): string {
  return `
    import { connect } from 'holdfast/client'
    import { renderToString } from 'react-dom/server'
    import { HoldfastProvider } from './lan-react.ts'
    ${parts.map((name, at) => `import * as part${at} from './${name}'`).join('\n')}
    const replica = connect({ url: 'http://127.0.0.1:1/state' })
    const components = Object.entries({ ${parts.map((_, at) => `...part${at}`).join(', ')} })
    const render = (Part) => renderToString(<HoldfastProvider replica={replica}><Part /></HoldfastProvider>)
    console.log(JSON.stringify(Object.fromEntries(components.map(([name, Part]) => [name, render(Part)]))))
    replica.close()
  `
}

/** Builds an example as a bundler of pages does, with React left outside, into `built/`. Returns its text. */
async function buildExample(name: string): Promise<string> {
  const result = await build({
    root: project.directory,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', development: false } },
    build: {
      outDir: join(project.directory, 'built'),
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: join(project.directory, name),
        external: [/^react(-dom)?(\/|$)/],
        preserveEntrySignatures: 'strict',
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
  })
  if (!('output' in result)) throw new Error('The bundler returned no output')
  return result.output.map((file) => (file.type === 'chunk' ? file.code : '')).join('')
}

function compile({ include, ...compilerOptions }: Readonly<Record<string, unknown>>): void {
  const modules = { target: 'es2024', module: 'nodenext', allowImportingTsExtensions: true, skipLibCheck: true }
  const config = project.write('tsconfig.json', JSON.stringify({ compilerOptions: { ...modules, ...compilerOptions }, include }))
  const { status, stdout } = spawnSync(process.execPath, [join(projectRoot, 'node_modules/typescript/bin/tsc'), '-p', config], {
    encoding: 'utf8',
  })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
}

describe.each([...pages])('%s', (page, text) => {
  test('links to files and headings that are there', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
    for (const [, path = '', heading] of links) {
      const file = path === '' ? page : join(dirname(page), path)
      expect(existsSync(join(projectRoot, file)), `${page} links to ${file}`).toBe(true)
      if (heading !== undefined) expect(headingsOf(pages.get(file) ?? ''), `${page} links to ${file}`).toContain(heading)
    }
  })

  test('names commands and error codes that exist', () => {
    const scripts = Object.keys((JSON.parse([...readFiles('package.json').values()].join('')) as { scripts: object }).scripts)
    for (const [, script] of text.matchAll(/`npm run ([a-z:]+)/g)) expect(scripts).toContain(script)
    const [now = ''] = text.split(/^## Later/m)
    const codes = [...Object.keys(errorTraits), ...Object.keys(replicaRemedies)]
    for (const [, code = ''] of now.matchAll(/`(?!HOLDFAST_)([A-Z]{2,}(?:_[A-Z]+)+)`/g)) expect(codes, page).toContain(code)
  })
})

/** Anchors of headings, as they are made on code hosts. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('tables of docs/operations.md', () => {
  const page = pages.get('docs/operations.md') ?? ''
  const rowsUnder = (head: string): string[] => {
    const table = page.slice(page.indexOf(`| ${head} |`)).split('\n\n')[0] ?? ''
    return [...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, name = '']) => name)
  }

  test('[N2] every event that can be reported is explained', () => {
    const source = readFiles('src/base/report.ts').get('src/base/report.ts') ?? ''
    expect(rowsUnder('report')).toEqual([...source.matchAll(/^ {4}\| '([a-z-]+)'/gm)].map(([, type]) => type))
  })

  test('every field of health is explained', async () => {
    await using store = await openStore(defineState({ name: 'empty', version: 1, kinds: {} }), { memory: true })
    expect(rowsUnder('field')).toEqual(Object.keys(store.health()))
  })

  test('every error code is in a group', () => {
    const groups = page.slice(page.indexOf('## When something is wrong'))
    const named = Array.from(groups.matchAll(/`([A-Z_]{4,})`/g), ([, code = '']) => code)
    expect(named.toSorted()).toEqual(Object.keys(errorTraits).toSorted())
  })
})
