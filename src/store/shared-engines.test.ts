import { expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import type { Opening } from './opening-options.ts'
import { shareEngine } from './shared-engines.ts'

const opening = { driver: 'node:sqlite', definition: {}, readOnly: false, durability: 'power', deadlineMs: 1, maxCommitBytes: 1 } as Opening

/** Stands for an engine where only its closing matters. */
function engine(): { readonly engine: Engine; closed: number } {
  const made = { closed: 0, engine: {} as Engine }
  Object.assign(made.engine, {
    close: async () => {
      made.closed += 1
    },
  })
  return made
}

test('[D6] handles of one directory share an engine, which closes with the last of them', async () => {
  const made = engine()
  let opened = 0
  const open = async (): Promise<Engine> => {
    opened += 1
    return made.engine
  }
  const shared = await Promise.all([1, 2, 3].map(() => shareEngine('1:1', opening, open)))
  expect([opened, new Set(shared.map((it) => it.engine)).size]).toEqual([1, 1])
  await shared[0]?.release()
  await shared[1]?.release()
  expect(made.closed).toBe(0)
  await shared[2]?.release()
  expect(made.closed).toBe(1)
})

test('an open that fails fails for all who wait for it, and the next one tries anew', async () => {
  const failure = new Error('no')
  const failing = [1, 2].map(() => shareEngine('1:2', opening, () => Promise.reject(failure)))
  expect(await Promise.allSettled(failing)).toMatchObject([{ reason: failure }, { reason: failure }])
  const made = engine()
  const again = await shareEngine('1:2', opening, async () => made.engine)
  expect(again.engine).toBe(made.engine)
  await again.release()
})

test('one that is opened while the last handle closes is a new engine', async () => {
  const [first, second] = [engine(), engine()]
  const a = await shareEngine('1:3', opening, async () => first.engine)
  const releasing = a.release()
  const b = await shareEngine('1:3', opening, async () => second.engine)
  await releasing
  expect([b.engine === second.engine, first.closed, second.closed]).toEqual([true, 1, 0])
  await b.release()
})

test('other directories and other drivers are other engines; other options are refused', async () => {
  const made = [engine(), engine(), engine()]
  const [a, b, c] = [
    await shareEngine('1:4', opening, async () => made[0]!.engine),
    await shareEngine('1:5', opening, async () => made[1]!.engine),
    await shareEngine('1:4', { ...opening, driver: 'better-sqlite3' }, async () => made[2]!.engine),
  ]
  expect(new Set([a, b, c].map((it) => it.engine)).size).toBe(3)
  for (const other of [{ definition: {} }, { readOnly: true }, { durability: 'process' }, { deadlineMs: 2 }, { maxCommitBytes: 2 }]) {
    const attempt = shareEngine('1:4', { ...opening, ...other, directory: '/somewhere' } as Opening, () => expect.unreachable())
    await expect(attempt).rejects.toMatchObject({ code: 'STORE_OPEN', details: { directory: '/somewhere' } })
  }
  for (const shared of [a, b, c]) await shared.release()
  expect(made.map(({ closed }) => closed)).toEqual([1, 1, 1])
})
