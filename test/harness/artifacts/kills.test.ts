/** The crash harness of artifacts in its shortest form; `npm run crashes:artifacts` is the real one. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { killAtRandom } from './kills.ts'

test('[A1] [A2] [X9] processes killed while they put and delete: every record has its file, every file a record, and nothing else is left', async () => {
  const directory = join(temporaryDirectory(), 'store')
  const { problems, kills, left } = await killAtRandom({ directory, seed: 'short', kills: 15, processes: 5 })
  expect(problems).toEqual([])
  expect(kills).toBe(15)
  expect(left.size, 'kills that hit the middle of something').toBeGreaterThan(0)
}, 60_000)
