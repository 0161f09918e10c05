import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drivers, oneOf, parseFlags, wholeNumber } from './flags.ts'

const line = {
  options: { kills: { type: 'string', default: '60' }, driver: { type: 'string' }, plant: { type: 'string' }, keep: { type: 'boolean' } },
  rules: { kills: wholeNumber, driver: drivers, plant: oneOf(['a', 'b']) },
} as const

test('flags are read, with their defaults', () => {
  expect({ ...parseFlags(['--driver', 'better-sqlite3', '--keep'], line) }).toEqual({ kills: '60', driver: 'better-sqlite3', keep: true })
})

test.each([
  [['--kils', '5'], "Unknown option '--kils'."],
  [['--kills'], "Option '--kills <value>' argument missing."],
  [['--kills', 'many'], 'Expected --kills to be a whole number, got "many".'],
  [['--kills', '-5'], "Option '--kills' argument is ambiguous."],
  [['--driver', 'sqlite'], 'Expected --driver to be one of node:sqlite, better-sqlite3, got "sqlite".'],
  [['--plant', 'c'], 'Expected --plant to be one of a, b, got "c".'],
  [['5'], "Unexpected argument '5'."],
])('%j is answered with a sentence', (given, sentence) => {
  expect(() => parseFlags(given, line)).toThrow(expect.objectContaining({ name: 'TypeError', message: sentence }))
})

const root = join(import.meta.dirname, '../..')
const scripts = ['test/harness/kill/run.ts', 'test/harness/power/run.ts', 'test/harness/syscall/run.ts', 'bench/run.ts']

test.each(scripts)('%s tells its usage, and answers a mistake with a sentence and the usage', (script) => {
  const run = (option: string): { stdout: string; stderr: string; status: number | null } =>
    spawnSync(process.execPath, ['--no-warnings', join(root, script), option], { encoding: 'utf8' })
  const { stdout: usage, status } = run('--help')
  expect(status).toBe(0)
  expect(usage).toMatch(/^npm run [a-z]+ /)
  expect(run('--frobnicate')).toMatchObject({ status: 64, stdout: '', stderr: `Unknown option '--frobnicate'.\n${usage}` })
})
