import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listFiles, projectRoot } from '../../scripts/list-files.ts'
import { errorTraits } from '../base/error-codes.ts'
import { replicaRemedies } from './error-codes.ts'

const sources = listFiles('src/{client,react}/**/*.ts').filter((path) => !path.endsWith('.test.ts') && !path.endsWith('/error-codes.ts'))
const codes = new Set(
  sources.flatMap((path) =>
    Array.from(readFileSync(join(projectRoot, path), 'utf8').matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g), ([, code]) => code),
  ),
)

/** Texts in capitals that are no codes. */
const others = new Set(['POST', 'CURSOR_', 'HMAC'])

test('every code that a replica raises or looks for is documented', () => {
  const documented = new Set<unknown>([...Object.keys(errorTraits), ...Object.keys(replicaRemedies)])
  expect([...codes].filter((code) => !documented.has(code) && !others.has(code ?? ''))).toEqual([])
})

test('every code of its own is one that it raises', () => {
  expect(Object.keys(replicaRemedies).filter((code) => !codes.has(code))).toEqual([])
})
