import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../scripts/list-files.ts'

/** Rules that the project's own configuration finds broken in the given files. */
function lint(files: Readonly<Record<string, string>>): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'lint-'))
  try {
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) cpSync(join(projectRoot, name), join(directory, name))
    symlinkSync(join(projectRoot, 'node_modules'), join(directory, 'node_modules'), 'junction')
    mkdirSync(join(directory, 'src'))
    for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text)
    const linter = join(projectRoot, 'node_modules/oxlint/bin/oxlint')
    const { stdout, stderr } = spawnSync(process.execPath, [linter, '--format=json'], { cwd: directory, encoding: 'utf8' })
    expect(stderr).toBe('')
    const report = JSON.parse(stdout) as { readonly diagnostics: readonly { readonly code: string }[] }
    return [...new Set(report.diagnostics.map((diagnostic) => diagnostic.code))]
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test('the linter passes a plain file', () => {
  expect(lint({ 'src/a.ts': 'export const a: number = 1\n' })).toEqual([])
})

test('the linter sees types: a promise that nobody waits for', () => {
  const text = 'export async function go(): Promise<void> {}\nexport function run(): void {\n  go()\n}\n'
  expect(lint({ 'src/a.ts': text })).toEqual(['typescript(no-floating-promises)'])
})

test('the linter sees cycles, of types too', () => {
  const files = {
    'src/a.ts': `import type { B } from './b.ts'\nexport interface A {\n  readonly b: B\n}\n`,
    'src/b.ts': `import type { A } from './a.ts'\nexport interface B {\n  readonly a: A\n}\n`,
  }
  expect(lint(files)).toEqual(['import(no-cycle)'])
})

test('the linter sees functions of more than 60 lines, and a test that would hide the others', () => {
  const text = `export function run(): void {\n${'  run()\n'.repeat(60)}}\n`
  expect(lint({ 'src/a.ts': text })).toEqual(['eslint(max-lines-per-function)'])
  expect(lint({ 'src/a.test.ts': `import { test } from 'vitest'\ntest.only('a', () => {})\n` })).toEqual(['vitest(no-focused-tests)'])
})
