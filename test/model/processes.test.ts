/**
 * Two processes commit at the same time; the history says in which order it was, and in that order the model must give each of
 * them the same answers. What fails has no place in the order and must have left no trace.
 *
 * HOLDFAST_MODEL_RUNS and HOLDFAST_MODEL_SEED as in `model.test.ts`.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Commit, DriverName } from '../../src/index.ts'
import { Program } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Model, type ModelOutcome } from './model.ts'
import type { Contents, ModelCalls } from './model-program.ts'
import { toModelCommit } from './real.ts'
import { retention } from './state.ts'
import { type Plan, planArbitrary } from './steps.ts'
import { Tally } from './tally.ts'

const runs = Math.ceil(Number(process.env['HOLDFAST_MODEL_RUNS'] ?? 100) / 10)
const seed = Number(process.env['HOLDFAST_MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

type Done = readonly [plan: Plan, outcome: Extract<ModelOutcome, { changed: boolean }>]

const plansArbitrary = fc.tuple(fc.array(planArbitrary, { minLength: 1, maxLength: 8, size: 'max' }), fc.boolean())
const roundsArbitrary = fc.array(fc.tuple(plansArbitrary, plansArbitrary), { minLength: 1, maxLength: 6, size: 'max' })

/** Without ids, the order of two commits shows in their revisions alone. */
const withoutId = ({ steps, options: { id: _id, action: _action, ...options } }: Plan): Plan => ({ steps, options })

/** In the order of the history: what changed nothing ran after the commit whose revision it names, and before the next. */
function inOrder(done: readonly Done[]): readonly Done[] {
  return done.toSorted(([, a], [, b]) => a.revision - b.revision || Number(b.changed) - Number(a.changed))
}

/** Trims depend on how much each process knows of what the others appended; that enough is kept, and little more, does not. */
function expectEnoughKept(events: Contents['events'], appended: Contents['events']): void {
  const keeps = (kept: Contents['events'], of: Contents['events'], most: number): void => {
    expect(kept.length).toBeGreaterThanOrEqual(Math.min(of.length, most))
    expect(kept.length).toBeLessThanOrEqual(most + Math.floor(most / 8))
  }
  expect(events.length).toBeLessThanOrEqual(retention.entries + Math.floor(retention.entries / 8))
  for (const stream of new Set(appended.map((entry) => entry.stream))) {
    const of = appended.filter((entry) => entry.stream === stream)
    const kept = events.filter((entry) => entry.stream === stream)
    expect(kept).toEqual(of.slice(of.length - kept.length))
    if (appended.length <= retention.entries) keeps(kept, of, retention.entriesPerStream)
  }
}

const withoutTrims = (changes: { readonly [kind: string]: readonly object[] }): object => {
  const { events = [], ...others } = changes
  const appends = events.filter((change) => (change as { op: string }).op === 'append')
  return appends.length === 0 ? others : { ...others, events: appends }
}

const append = ({ seq, stream, value, revision }: Contents['events'][number]): object => ({ seq, stream, value, revision })

describe.each<readonly [DriverName, DriverName]>([
  ['node:sqlite', 'better-sqlite3'],
  ['better-sqlite3', 'better-sqlite3'],
])('%s and %s', (...drivers) => {
  test(
    '[C1] [C5] [C6] [P2] [P3] two processes that commit at the same time get answers that one order explains, and followers that order',
    async () => {
      const tally = new Tally()
      const programs = drivers.map(() => new Program<ModelCalls>(new URL('./model-program.ts', import.meta.url)))
      const property = fc.asyncProperty(roundsArbitrary, async (rounds) => {
        const directory = temporaryDirectory()
        await Promise.all(programs.map((program, at) => program.call('open', { directory, driver: drivers[at] as DriverName })))
        const model = new Model()
        const appended: Contents['events'][number][] = []
        for (const round of rounds) {
          const done: Done[] = []
          const ran = await Promise.all(
            round.map(async ([plans, isAtOnce], at) => {
              const bare = plans.map(withoutId)
              const outcomes = (await programs[at]?.call('commit', bare, isAtOnce)) ?? []
              return bare.map((plan, i) => [plan, outcomes[i] as ModelOutcome] as const)
            }),
          )
          for (const own of ran) {
            const revisions = own.flatMap(([, outcome]) => ('code' in outcome ? [] : [outcome.revision]))
            expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
          }
          for (const [plan, outcome] of ran.flat()) {
            if ('code' in outcome) tally.note(outcome.code)
            else done.push([plan, outcome])
          }
          const writers = ran.map(
            (own) => new Set(own.map(([, outcome]) => ('changed' in outcome && outcome.changed ? outcome.revision : 0))),
          )
          const firsts = writers.map((revisions) => Math.min(...[...revisions].filter(Boolean)))
          const lasts = writers.map((revisions) => Math.max(...revisions))
          if (Math.max(...firsts) < Math.min(...lasts)) tally.note('interleaved')
          for (const [plan, outcome] of inOrder(done)) {
            const before = model.contents.lastSeq
            expect(model.commit(plan)).toEqual(outcome)
            appended.push(...model.contents.entries.filter(({ seq }) => seq > before))
            tally.note(outcome.changed ? 'changed' : 'unchanged')
          }
          const contents = (await Promise.all(programs.map((program) => program.call('contents')))) as readonly Contents[]
          expect(contents[1]).toEqual(contents[0])
          const { note, items, events } = contents[0] as Contents
          expect(note).toEqual(model.note?.value ?? null)
          expect(items).toHaveLength(model.items.length)
          expect(items).toEqual(expect.arrayContaining(model.items.map(({ value }) => value)))
          expectEnoughKept(
            events.map((entry) => append(entry) as never),
            appended,
          )
        }
        const heard = (await Promise.all(
          programs.map((program) => program.call('heard', model.revision)),
        )) as readonly (readonly Commit[])[]
        expect(heard[1]).toEqual(heard[0])
        const commits = (heard[0] ?? []).map(toModelCommit).map((commit) => ({ ...commit, changes: withoutTrims(commit.changes) }))
        const expected = model.history.map((commit) => ({ ...commit, changes: withoutTrims(commit.changes) }))
        expect(commits).toEqual(JSON.parse(JSON.stringify(expected)))
        await Promise.all(programs.map((program) => program.call('close')))
      })
      await fc.assert(property, { seed, numRuns: runs, endOnFailure: true })
      const reached = `seed ${seed}, ${runs} runs with ${drivers.join(' and ')}: ${tally.toString()}`
      process.stdout.write(`${reached}\n`)
      expect(tally.missing(['interleaved', 'changed', 'unchanged', 'UNIQUE_CONFLICT', 'REVISION_CONFLICT']), reached).toEqual([])
    },
    60_000 + runs * 5000,
  )
})
