import { describe, expect, test } from 'vitest'
import { checkArchitecture } from '../scripts/architecture/check-architecture.ts'
import { fileOpeners, folders } from '../scripts/architecture/floors.ts'
import { readFiles } from '../scripts/list-files.ts'

const check = (files: Record<string, string>): string[] => checkArchitecture(new Map(Object.entries(files)))

test('the source keeps to the floors', () => {
  const files = readFiles('src/**/*.ts', 'examples/**/*.ts')
  expect(files.size).toBeGreaterThan(10)
  expect(checkArchitecture(files)).toEqual([])
})

test('every file allowed to open files exists and imports node:fs', () => {
  for (const [path, reason] of Object.entries(fileOpeners)) {
    expect(readFiles(path).get(path), path).toContain("'node:fs'")
    expect(reason, path).not.toBe('')
  }
})

describe('planted violations of the floors are caught', () => {
  const upward = { 'src/engine/queue.ts': 'export const a: number = 1' }

  test.each([
    ['a static import', `import { a } from '../engine/queue.ts'`],
    ['a type import', `import type { A } from '../engine/queue.ts'`],
    ['an inline type import', `import { type A } from '../engine/queue.ts'`],
    ['a re-export', `export * from '../engine/queue.ts'`],
    ['a dynamic import', `export const load = () => import('../engine/queue.ts')`],
    ['a type named by import()', `export type A = import('../engine/queue.ts').A`],
  ])('upward, by %s', (_, text) => {
    expect(check({ ...upward, 'src/sqlite/open.ts': text })).toEqual([
      'src/sqlite/open.ts:1 (sqlite, floor 2) imports src/engine/queue.ts (engine, floor 3): imports only go down',
    ])
  })

  test('downward imports, and those of the own folder, pass', () => {
    const text = `import '../sqlite/open.ts'\nimport './queue.ts'\nimport '../base/error.ts'`
    expect(check({ ...upward, 'src/engine/history.ts': text })).toEqual([])
  })

  test('sideways, between kinds and between folders of one floor', () => {
    expect(check({ 'src/kinds/log/tx.ts': `import '../document/tx.ts'` })).toHaveLength(1)
    expect(check({ 'src/protocol/encode.ts': `import '../sqlite/open.ts'` })).toHaveLength(1)
  })

  test('the client importing the engine, and the store importing the client', () => {
    expect(check({ 'src/client/replica.ts': `import '../engine/queue.ts'` })).toHaveLength(1)
    expect(check({ 'src/client/replica.ts': `import '../sqlite/open.ts'` })).toHaveLength(1)
    expect(check({ 'src/store/open-store.ts': `import '../client/replica.ts'` })).toHaveLength(1)
    expect(check({ 'src/client/replica.ts': `import '../protocol/encode.ts'` })).toEqual([])
  })

  test('a folder the table does not know, on either side', () => {
    expect(check({ 'src/extras/a.ts': `import '../base/error.ts'` })).toHaveLength(1)
    expect(check({ 'src/store/a.ts': `import '../extras/a.ts'` })).toHaveLength(1)
    expect(check({ 'src/kinds/a.ts': `import '../base/error.ts'` })).toHaveLength(1)
  })

  test('importing an entry point, or leaving src', () => {
    expect(check({ 'src/cli/holdfast.ts': `import '../index.ts'` })).toHaveLength(1)
    expect(check({ 'src/store/a.ts': `import '../../test/setup.ts'` })).toHaveLength(1)
    expect(check({ 'src/store/a.test.ts': `import '../../test/setup.ts'` })).toEqual([])
  })

  test('an example that reaches behind the entry points', () => {
    expect(check({ 'examples/netscan/main.ts': `import '../../src/store/open-store.ts'` })).toHaveLength(1)
    expect(check({ 'examples/netscan/main.ts': `import '../../src/index.ts'` })).toEqual([])
  })
})

describe('planted cycles are caught', () => {
  test('of values', () => {
    const files = { 'src/base/a.ts': `import './b.ts'`, 'src/base/b.ts': `import './c.ts'`, 'src/base/c.ts': `import './a.ts'` }
    expect(check(files)).toEqual(['import cycle: src/base/a.ts → src/base/b.ts → src/base/c.ts → src/base/a.ts'])
  })

  test('of types only', () => {
    expect(check({ 'src/base/a.ts': `import type { B } from './b.ts'`, 'src/base/b.ts': `import type { A } from './a.ts'` })).toHaveLength(
      1,
    )
  })

  test('but a diamond is none', () => {
    const files = {
      'src/base/a.ts': `import './b.ts'\nimport './c.ts'`,
      'src/base/b.ts': `import './d.ts'`,
      'src/base/c.ts': `import './d.ts'`,
    }
    expect(check({ ...files, 'src/base/d.ts': '' })).toEqual([])
  })
})

describe('planted imports of Node and packages are caught', () => {
  test.each(folders.filter((folder) => folder.portable).map((folder) => folder.path))('node: in %s, which runs in browsers', (folder) => {
    expect(check({ [`src/${folder}/a.ts`]: `import 'node:os'` })).toEqual([
      `src/${folder}/a.ts:1 imports node:os, but ${folder} runs in browsers too`,
    ])
    expect(check({ [`src/${folder}/a.test.ts`]: `import 'node:os'` })).toEqual([])
  })

  test.each([
    `import { openSync } from 'node:fs'`,
    `import { readFileSync as statSync } from 'node:fs'`,
    `import * as fs from 'node:fs'`,
    `import fs from 'node:fs'`,
    `export { openSync } from 'node:fs'`,
    `const fs = await import('node:fs')`,
    `import { stat } from 'node:fs/promises'`,
    `import { statSync } from 'fs'`,
  ])('[D6] a file that could open store.db: %s', (text) => {
    expect(check({ 'src/sqlite/peek.ts': text })).toHaveLength(1)
    expect(check({ 'src/sqlite/peek.test.ts': text })).toEqual([])
  })

  test('[D6] looking at files is for sqlite and the floors from the store up', () => {
    const text = `import { constants, statSync, type Stats } from 'node:fs'`
    expect(check({ 'src/sqlite/peek.ts': text, 'src/cli/peek.ts': text })).toEqual([])
    expect(check({ 'src/engine/peek.ts': text })).toHaveLength(1)
    expect(check({ 'src/index.ts': text })).toHaveLength(1)
  })

  test('a package, and a driver outside sqlite', () => {
    expect(check({ 'src/state/a.ts': `import { z } from 'zod'` })).toHaveLength(1)
    expect(check({ 'src/engine/a.ts': `import('better-sqlite3')` })).toHaveLength(1)
    expect(check({ 'src/sqlite/a.ts': `import('better-sqlite3')` })).toEqual([])
    expect(check({ 'src/client/a.ts': `import { useState } from 'react'` })).toHaveLength(1)
    expect(check({ 'src/react/a.ts': `import { useState } from 'react'` })).toEqual([])
  })
})

describe('planted state, names and sizes are caught', () => {
  test.each([
    'let count = 0',
    'export let count = 0',
    'var count = 0',
    'const open = new Map<string, number>()',
    'export const open: Set<string> = new Set()',
    'const queue: string[] = []',
    'const cache: Record<string, string> = {}',
    'export class A { static count = 0 }',
    'export class A { static readonly open = new Map() }',
  ])('module-level state: %s', (text) => {
    expect(check({ 'src/base/a.ts': text })).toHaveLength(1)
    expect(check({ 'src/base/a.test.ts': text })).toEqual([])
  })

  test.each([
    'const limit = 5',
    `const names: ReadonlySet<string> = new Set(['a'])`,
    'export function a() { let b = 0; return ++b }',
    'export class A { static readonly limit = 5; #open = new Map() }',
    'declare let a: number',
  ])('no state: %s', (text) => {
    expect(check({ 'src/base/a.ts': text })).toEqual([])
  })

  test.each([
    'src/base/utils.ts',
    'src/helpers/a.ts',
    'src/state/types.ts',
    'src/base/index.ts',
    'src/base/fakeClock.ts',
    'src/base/fake_clock.ts',
  ])('the name %s', (path) => {
    expect(check({ [path]: '' })).toHaveLength(1)
  })

  test('the name of the entry point passes', () => {
    expect(check({ 'src/index.ts': `export * from './store/open-store.ts'` })).toEqual([])
  })

  test('a file of more than 400 lines', () => {
    expect(check({ 'src/base/a.ts': '// a\n'.repeat(401) })).toHaveLength(1)
    expect(check({ 'src/base/a.ts': '// a\n'.repeat(400) })).toEqual([])
  })
})
