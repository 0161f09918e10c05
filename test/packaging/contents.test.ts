import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listFiles, projectRoot } from '../../scripts/list-files.ts'
import { oldestNode } from '../../scripts/runtime/releases.ts'
import { measureHooksBytes, measurePageBytes } from '../../scripts/build/page-bytes.ts'
import { importedModules, inferredModules } from './inferred-modules.ts'
import { packProject, type PackedProject } from './packed-project.ts'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
  readonly engines: { readonly node: string }
  readonly scripts: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as Manifest

let project: PackedProject
beforeAll(() => {
  project = packProject()
}, 120_000)
afterAll(() => project?.remove())

/** Runs a development tool on the tarball. */
function check(script: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(projectRoot, 'node_modules', script), ...args], { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/** What the entries are made of: themselves, and what they share. The registry is whole by itself. */
const scripts = [
  'index',
  'client',
  'client-socket-io',
  'client-tabs',
  'client-token',
  'react',
  'server',
  'socket-io',
  'registry',
  'cli/holdfast',
  'shared/frames',
  'shared/given',
  'shared/main',
  'shared/open-store',
  'shared/options',
  'shared/replica-error',
  'shared/requests',
  'shared/runtime',
  'shared/socket-wire',
  'shared/store-handle',
  'shared/wire',
].map((name) => `dist/${name}.js`)

test('the package holds few files of JavaScript, the declaration of each source file, what the readme links to, and nothing else', () => {
  const modules = listFiles('src/**/*.ts').filter((path) => !/\.test(-d)?\.ts$/.test(path))
  const declarations = modules.map((path) => path.replace(/^src/, 'dist').replace(/\.ts$/, '.d.ts'))
  const pages = [...listFiles('docs/**/*.md'), 'examples/netscan/README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md']
  expect(project.contents).toEqual([...scripts, ...declarations, ...pages, 'package.json'].toSorted())
})

test('every link of a page in the package leads to a file in the package', () => {
  const pages = project.contents.filter((path) => path.endsWith('.md'))
  const links = pages.flatMap((page) => {
    const text = readFileSync(join(project.directory, 'node_modules/holdfast', page), 'utf8')
    return Array.from(text.matchAll(/\]\((?!https?:)([^)#]+)/g), ([, path = '']) => ({ page, file: join(dirname(page), path) }))
  })
  expect(links.filter(({ page }) => page === 'README.md').length).toBeGreaterThan(5)
  expect(links.filter(({ file }) => !project.contents.includes(file))).toEqual([])
})

test('the text of the helper thread is in the package once, and imports nothing from it', () => {
  const texts = scripts.map((script) => readFileSync(join(project.directory, 'node_modules/holdfast', script), 'utf8'))
  const helpers = texts.flatMap((text) => /^(?:var|const) helperSource = (".*");$/m.exec(text)?.[1] ?? [])
  expect(helpers).toHaveLength(1)
  expect(helpers[0]).toContain('wal_checkpoint')
  expect(helpers[0]).not.toMatch(/from \\?["']\.\.?\//)
})

test('holdfast/client adds at most 8,000 bytes to a page', async () => {
  const { gzipped } = await measurePageBytes(join(project.directory, 'node_modules/holdfast/dist/client.js'))
  const why = `holdfast/client takes ${gzipped} bytes, minified and gzipped. Every page loads it before it shows anything; ADR 22 says how it is kept small.`
  expect(gzipped, why).toBeLessThanOrEqual(8000)
})

test('holdfast/react adds at most 2,000 bytes to a page that has the client and React', async () => {
  const { gzipped } = await measureHooksBytes(join(project.directory, 'node_modules/holdfast/dist'))
  expect(gzipped, `holdfast/react takes ${gzipped} bytes, minified and gzipped, beside holdfast/client.`).toBeLessThanOrEqual(2000)
})

test('publint finds nothing, warnings and suggestions included', () => {
  expect(check('publint/src/cli.js', 'run', project.tarball, '--strict')).toEqual({
    status: 0,
    output: expect.stringContaining('All good!'),
  })
})

test('the types resolve for every ESM consumer', () => {
  const report = check('@arethetypeswrong/cli/dist/index.js', project.tarball, '--profile=esm-only', '--no-definitely-typed')
  expect(report.output).toContain('(ESM)')
  expect(report.status, report.output).toBe(0)
})

test.each(['nodenext', 'bundler'])('a strict project compiles against the declarations, looking inside them (%s)', (resolution) => {
  project.link('@types')
  project.link('react')
  project.write(
    'user.ts',
    `import * as holdfast from 'holdfast'\nimport * as hooks from 'holdfast/react'\nexport const names: string[] = Object.keys({ ...holdfast, ...hooks })\n`,
  )
  const module = resolution === 'bundler' ? 'esnext' : resolution
  const flags = ['--strict', '--exactOptionalPropertyTypes', '--isolatedDeclarations', '--declaration', '--noEmit', '--types', 'node']
  const target = ['--target', 'es2024', '--module', module, '--moduleResolution', resolution]
  const report = check('typescript/bin/tsc', ...flags, ...target, '--ignoreConfig', join(project.directory, 'user.ts'))
  expect(report).toEqual({ status: 0, output: '' })
})

test.each(Object.keys(inferredModules))(
  'a module that writes no type down has its declaration, by what the package exports: %s',
  (root) => {
    for (const name of ['@types', 'react', 'zod']) project.link(name)
    for (const [name, text] of Object.entries({ ...importedModules, ...inferredModules })) project.write(name, text)
    const flags = ['--strict', '--exactOptionalPropertyTypes', '--declaration', '--noEmit', '--types', 'node']
    const target = ['--target', 'es2024', '--module', 'nodenext', '--ignoreConfig']
    expect(check('typescript/bin/tsc', ...flags, ...target, join(project.directory, root))).toEqual({ status: 0, output: '' })
  },
)

test('exports are plain strings, so every tool resolves them alike', () => {
  expect(Object.values(manifest.exports).every((target) => typeof target === 'string')).toBe(true)
})

test('there are no dependencies at run time, no install scripts, and exact versions in development', () => {
  expect(manifest.dependencies).toBeUndefined()
  expect(Object.keys(manifest.scripts).filter((name) => /install|prepare$/.test(name))).toEqual([])
  expect(Object.values(manifest.devDependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test('the lock file names no download addresses', () => {
  expect(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"|https?:\/\/registry/)
})

test('[D5] engines begin with the oldest release that the tests run on', () => {
  expect(manifest.engines.node.split(' || ')[0]).toBe(`^${oldestNode}`)
})
