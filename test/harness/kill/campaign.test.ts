/** The kill harness in its shortest form; `npm run kills` is the real one, on both drivers. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { Campaign } from './campaign.ts'

test('[X12] [X34] [P1] [P2] [P3] [P6] two processes killed while they write: all that was acknowledged is there, whole and in order', async () => {
  const directory = join(temporaryDirectory(), 'store')
  const setup = { directory, driver: 'node:sqlite', writers: 2, kills: 3, seed: 'short', plant: undefined } as const
  const { problems, reached } = await new Campaign(setup).run()
  expect(problems).toEqual([])
  expect(reached.kills).toBe(3)
}, 60_000)

test.each(['split-commit', 'write-past-history'] as const)(
  'the kill harness notices a planted bug: %s',
  async (plant) => {
    const directory = join(temporaryDirectory(), 'store')
    const { problems } = await new Campaign({ directory, driver: 'node:sqlite', writers: 1, kills: 4, seed: 'planted', plant }).run()
    expect(problems).not.toEqual([])
  },
  60_000,
)
