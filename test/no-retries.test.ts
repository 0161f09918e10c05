import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import config from '../vitest.config.ts'

const retry = /\bretry: *(?:\d|\{)/

test('no test is run again after it has failed: one that fails now and then has found something', () => {
  expect(config.test).not.toHaveProperty('retry')
  const tests = globSync('{src,test,scripts,examples,bench}/**/*.test.ts', { exclude: ['test/no-retries.test.ts'] })
  expect(tests.length).toBeGreaterThan(100)
  expect(tests.filter((file) => retry.test(readFileSync(file, 'utf8')))).toEqual([])
  expect(readFileSync('.ci/run', 'utf8')).not.toContain('RUN AGAIN')
  expect(retry.test('{ retry: 2 }')).toBe(true)
})
