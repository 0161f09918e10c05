import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { systemSeams } from '../src/engine/seams.ts'
import { loadDriver } from '../src/sqlite/load-driver.ts'

/** Where a setting of the user's environment is asked for, and nothing else is. */
const asksEnvironment = ['src/registry/directory.ts']
const sources = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'))

/** What would let shipped code behave otherwise than in a test: its environment, a test runner, or a double of something real. */
function findDoubles(text: string): string[] {
  return text.match(/process\.env|import\.meta\.env|NODE_ENV|vitest|\b(?:mock|stub|fake|dummy)[A-Z]\w*/gi) ?? []
}

test('[X23] shipped code asks nothing of its environment and holds no doubles', () => {
  expect(sources.length).toBeGreaterThan(50)
  expect(
    sources
      .flatMap((file) => findDoubles(readFileSync(file, 'utf8')).map((found) => `${file}: ${found}`))
      .filter((found) => !asksEnvironment.some((file) => found === `${file}: process.env`)),
  ).toEqual([])
  for (const planted of ["if (process.env['NODE_ENV'] === 'test')", 'const driver = fakeDriver()', "import 'vitest'"]) {
    expect(findDoubles(planted)).not.toEqual([])
  }
})

test('[X23] a store is opened without planted bugs, and a driver that cannot be loaded is not replaced by another', async () => {
  expect(systemSeams().plantedBug).toBeUndefined()
  await expect(loadDriver('better-sqlite3', '/nowhere/better-sqlite3/index.js')).rejects.toMatchObject({ code: 'DRIVER_UNAVAILABLE' })
})
