/**
 * Random commits, reads, followers, snapshots and prunes, against a plain model (`model.ts`).
 *
 * 100 runs in memory and 10 on disk for each driver by default; HOLDFAST_MODEL_RUNS asks for more, HOLDFAST_MODEL_SEED for a seed
 * again: `HOLDFAST_MODEL_RUNS=2000 npx vitest run test/model`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eachDriver } from '../support/drivers.ts'
import { commandArbitraries } from './commands.ts'
import { Model } from './model.ts'
import { Real } from './real.ts'
import { Tally } from './tally.ts'

const runs = Number(process.env['HOLDFAST_MODEL_RUNS'] ?? 100)
const seed = Number(process.env['HOLDFAST_MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const timeoutMs = 60_000 + runs * 1000

/** States that every run of this length reaches; one that never comes up says that the test has become blind. */
const wanted = [
  'changed',
  'unchanged',
  'several in flight',
  'answered from its id',
  'ID_REUSED',
  'REVISION_CONFLICT',
  'UNIQUE_CONFLICT',
  'KEY_EXISTS',
  'KEY_MISSING',
  'thrown by the callback',
  'caught REVISION_CONFLICT',
  'caught UNIQUE_CONFLICT',
  'caught KEY_EXISTS',
  'caught KEY_MISSING',
  'trimmed',
  'another page',
  'bookmark',
  'pruned',
  'CURSOR_EXPIRED',
  'resumed from the horizon',
]
const wantedOnDisk = ['changed', 'unchanged', 'several in flight', 'UNIQUE_CONFLICT', 'pruned', 'reopened']

eachDriver((driver) => {
  test.each([
    ['in memory', runs],
    ['on disk', Math.ceil(runs / 10)],
  ])(
    '[P2] [P3] [C1] [C5] [R3] [F1] a store %s does what the model does, whatever is done to it',
    async (where, numRuns) => {
      const tally = new Tally()
      const property = fc.asyncProperty(fc.commands([...commandArbitraries], { maxCommands: 60, size: 'max' }), async (commands) => {
        const directory = mkdtempSync(join(tmpdir(), 'model-'))
        const options = where === 'in memory' ? { memory: true, driver } : { directory, driver }
        const model = new Model()
        const real = await Real.open(options, model, tally)
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands)
          await real.catchUp(model)
        } finally {
          await real.close()
          rmSync(directory, { recursive: true })
        }
      })
      await fc.assert(property, { seed, numRuns, endOnFailure: where === 'on disk' })
      const reached = `seed ${seed}, ${numRuns} runs ${where} with ${driver}: ${tally.toString()}`
      process.stdout.write(`${reached}\n`)
      expect(tally.missing(where === 'in memory' ? wanted : wantedOnDisk), reached).toEqual([])
    },
    timeoutMs,
  )
})
