import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPage } from './build-page.ts'

/** What the page may weigh when it is compressed, all files together; React alone is 68 kB. */
const maxBytes = 100_000

let directory: string
let files: Map<string, string>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'netscan-page-'))
  await buildPage(directory, 'auto')
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  files = new Map(await Promise.all(paths.map(async (path) => [path.slice(directory.length + 1), await readFile(path, 'utf8')] as const)))
})

afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

const textOf = (pattern: RegExp): string => [...files].find(([name]) => pattern.test(name))?.[1] ?? ''

test('the page has no script, style or handler of its own, and asks nothing of anybody else', () => {
  const html = textOf(/^index\.html$/)
  expect([...html.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)].map(([, head, body]) => [/src="\.\//.test(head ?? ''), body])).toEqual([
    [true, ''],
  ])
  expect(html).toMatch(/<link rel="stylesheet"[^>]* href="\.\/assets\/[^"]+\.css">/)
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|https?:/)
  expect(textOf(/\.css$/)).not.toMatch(/@import|url\((?!["']?data:)/)
})

test('scripts and styles are named by their content, and there is no client of Socket.IO among them', () => {
  const names = [...files.keys()].filter((name) => name !== 'index.html')
  expect(names.filter((name) => name.endsWith('.js'))).toHaveLength(1)
  expect(names.filter((name) => !/^assets\/[\w-]+-[\w-]{8}\.(js|css|svg)$/.test(name))).toEqual([])
})

test('what is built is for production and light, and takes nothing of Node or of the schema library', () => {
  const script = textOf(/\.js$/)
  expect(script).not.toMatch(/\beval\(|new Function\(|from\s*["']node:|require\(|ZodError/)
  const bytes = [...files.values()].reduce((sum, text) => sum + gzipSync(text).byteLength, 0)
  expect(bytes).toBeLessThan(maxBytes)
})
