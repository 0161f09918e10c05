import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { projectRoot } from '../../scripts/list-files.ts'
import { findNode } from '../../scripts/runtime/fetch-node.ts'
import { oldestNode, refusedNode } from '../../scripts/runtime/releases.ts'
import type { connect as Connect } from '../../src/client.ts'
import { QuickClock } from '../network/quick-clock.ts'
import { freePort } from '../server/served.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { packProject, type PackedProject } from './packed-project.ts'
import { ServedPackage, servingProgram } from './served-package.ts'

let project: PackedProject
beforeAll(() => {
  project = packProject()
  project.link('better-sqlite3')
}, 120_000)
afterAll(() => project?.remove())

/** A program as a user writes it: commits in one run are there in the next. Prints what it found, before and after. */
const program = `
import { collection, defineState, isHoldfastError, openStore } from 'holdfast'

const [directory, driver] = process.argv.slice(2)
const anything = { '~standard': { version: 1, vendor: 'user', validate: (value) => ({ value }) } }
const state = defineState({ name: 'counter', version: 1, kinds: { runs: collection(anything, { key: 'id' }) } })

const store = await openStore(state, { directory, driver })
const before = store.runs.count()
await store.commit((tx) => tx.runs.insert({ id: String(before), at: before }), { durability: 'power' })
const refused = await store.commit((tx) => tx.runs.insert({ id: '0', at: 0 })).catch((error) => isHoldfastError(error, 'KEY_EXISTS'))
console.log(JSON.stringify({ before, after: store.runs.count(), refused }))
await store.close()
`

/** Opens a store as soon as it can, and says why it could not. */
const opening = `
import { defineState, openStore } from 'holdfast'

const state = defineState({ name: 'empty', version: 1, kinds: {} })
try {
  await openStore(state, { memory: true })
} catch (error) {
  console.log(error.code, error.message)
}
`

function run(script: string, ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], { encoding: 'utf8' })
}

/** Runs the program twice on one store. */
function expectToKeepState(script: string, driver: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'store-'))
  try {
    for (const before of [0, 1]) {
      const { stdout, stderr, status } = run(script, directory, driver)
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toEqual({ before, after: before + 1, refused: true })
      expect(status).toBe(0)
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Makes this Node look like one from before `process.getBuiltinModule`, by which the package takes Node's modules. */
const disguise = `
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })
process.getBuiltinModule = undefined
`

test('a Node that lacks what the package is loaded with is refused in one sentence as well', () => {
  const script = project.write('opening.js', opening)
  const preload = `data:text/javascript,${encodeURIComponent(disguise)}`
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', preload, script], { encoding: 'utf8' })
  expect([stdout, stderr]).toEqual([expect.stringMatching(/^RUNTIME_TOO_OLD Holdfast needs Node .*this is Node 18\.20\.8/), ''])
})

describe.each(['node:sqlite', 'better-sqlite3'])('with %s', (driver) => {
  test('the installed package opens, commits and opens again, its helper thread from dist', () => {
    expectToKeepState(project.write('program.js', program), driver)
  })

  test('a program bundled into one file does the same, far from any package', async () => {
    const alone = mkdtempSync(join(tmpdir(), 'alone-'))
    try {
      const script = join(alone, 'program.mjs')
      writeFileSync(script, await bundle(project.write('program.js', program)))
      if (driver === 'better-sqlite3') linkPackage(alone, driver)
      expectToKeepState(script, driver)
    } finally {
      rmSync(alone, { recursive: true })
    }
  })
})

test.each(['from the installed package', 'bundled into one file'])(
  '[X11] a replica of the installed package goes on from its cursor after kill -9 of a server %s',
  async (how) => {
    const directory = temporaryDirectory()
    const installed = project.write('serving.js', servingProgram)
    const script = how === 'from the installed package' ? installed : join(directory, 'serving.mjs')
    if (script !== installed) writeFileSync(script, await bundle(installed))
    const place = { script, directory: join(directory, 'store'), port: await freePort() }
    const client = pathToFileURL(join(project.directory, 'node_modules/holdfast/dist/client.js')).href
    const { connect } = (await import(client)) as { connect: typeof Connect }

    const first = await ServedPackage.start(place)
    const asked: string[] = []
    const fetchCounted = (url: string, init: RequestInit): Promise<Response> => {
      asked.push(url.slice(first.url.length))
      return fetch(url, init)
    }
    const { url, token } = first
    const clock = new QuickClock(10)
    const replica = connect({ url: `${url}/state`, token, transport: 'sse', fetch: fetchCounted, clock })
    onTestFinished(() => replica.close())
    const seen: unknown[] = []
    replica.subscribe((commit) => seen.push(commit?.changes.map((change) => 'key' in change && change.key)))
    await replica.ready
    await replica.call('add', { id: 'called before' })
    expect([seen, replica.status.state]).toEqual([[undefined, ['called before']], 'live'])

    const { cursor } = replica.status
    expect(asked.splice(0)[0]).toBe('/state/snapshot?')
    await first.kill()
    await expect.poll(() => replica.status.state).not.toBe('live')
    const second = await ServedPackage.start(place)
    await replica.settled(second.cursor)
    await replica.call('add', { id: 'called after' })
    expect([seen, replica.status.state]).toEqual([[undefined, ['called before'], ['run 2'], ['called after']], 'live'])
    expect(asked[0]).toBe(`/state/feed?after=${cursor}`)
    expect(asked.filter((address) => address.startsWith('/state/snapshot'))).toEqual([])
  },
)

test.each(['--version', '-v'])('the command tells the version of its package: %s', (option) => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { readonly version: string }
  const { stdout, stderr, status } = run(join(project.directory, 'node_modules/holdfast/dist/cli/holdfast.js'), option)
  expect({ stdout, stderr, status }).toEqual({ stdout: `${version}\n`, stderr: '', status: 0 })
})

describe('on an older Node', () => {
  const older = findOlderNode()

  test.skipIf(older === undefined)('the library says in one sentence what it needs', () => {
    const script = project.write('older.js', opening)
    const { stdout, stderr } = spawnSync(older ?? '', [script], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^RUNTIME_TOO_OLD .*Node \d+\.\d+\.\d+.*\n$/)
  })

  test.skipIf(older === undefined)('the command says the same and exits with its code', () => {
    const script = join(project.directory, 'node_modules/holdfast/dist/cli/holdfast.js')
    const { status, stdout, stderr } = spawnSync(older ?? '', [script, '--version'], { encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^holdfast: .*Node \d+\.\d+\.\d+.*\n$/)
    expect(status).toBe(69)
  })
})

/** The whole program as the text of one module. */
async function bundle(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    envDir: false,
    root: project.directory,
    logLevel: 'error',
    ssr: { noExternal: true, target: 'node' },
    build: { ssr: entry, write: false, rolldownOptions: { output: { format: 'es', codeSplitting: false } } },
  })
  if (!('output' in result)) throw new Error('The bundler returned no output')
  expect(result.output.map((file) => file.type)).toEqual(['chunk'])
  return result.output[0].code
}

/**
 * A release of Node that Holdfast refuses: one fetched by `npx node scripts/runtime/with-node.ts refused`,
 * or the machine's own where it is old.
 */
function findOlderNode(): string | undefined {
  const fetched = findNode(refusedNode)
  if (fetched !== undefined) return fetched
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'node'))
  return candidates.find((path) => existsSync(path) && isRefused(path))
}

function isRefused(executable: string): boolean {
  const { stdout } = spawnSync(executable, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  const major = Number.parseInt(stdout, 10)
  return major < Number.parseInt(oldestNode, 10)
}

function linkPackage(directory: string, name: string): void {
  mkdirSync(join(directory, 'node_modules'))
  symlinkSync(join(projectRoot, 'node_modules', name), join(directory, 'node_modules', name), 'junction')
}
