/**
 * Kills processes that write to a store, and verifies it after each kill (rule X12, promises P1–P3, P6).
 *
 * The seed decides what each life of each writer does, what is aimed at and after which delay; how the processes interleave is
 * the machine's. A failing directory is kept.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DriverName } from '../../../src/index.ts'
import { drivers, oneOf, readFlags, wholeNumber } from '../flags.ts'
import { addCounts, renderTable } from '../tally.ts'
import { type WriterPlant, writerPlants } from '../writer-setup.ts'
import { Campaign, type CampaignResult } from './campaign.ts'

const flags = readFlags({
  usage: `npm run kills -- [--kills 60] [--seed S] [--driver node:sqlite|better-sqlite3] [--writers 1|2|4] [--keep] [--plant BUG [--expect-caught]]

BUG is one of ${writerPlants.join(', ')}.`,
  options: {
    kills: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    driver: { type: 'string' },
    writers: { type: 'string' },
    keep: { type: 'boolean', default: false },
    plant: { type: 'string' },
    'expect-caught': { type: 'boolean', default: false },
  },
  rules: { kills: wholeNumber, driver: drivers, writers: oneOf(['1', '2', '4']), plant: oneOf(writerPlants) },
})

interface Plan {
  readonly name: string
  readonly driver: DriverName
  readonly writers: number
  readonly kills: number
}

function planCampaigns(): Plan[] {
  const drivers = (flags.driver === undefined ? ['node:sqlite', 'better-sqlite3'] : [flags.driver]) as DriverName[]
  const crews = flags.writers === undefined ? [1, 2, 4] : [Number(flags.writers)]
  const pairs = crews.flatMap((writers) => drivers.map((driver) => ({ driver, writers })))
  const kills = Number(flags.kills)
  return pairs.map((pair, i) => {
    const share = Math.floor(kills / pairs.length) + (i < kills % pairs.length ? 1 : 0)
    return { ...pair, kills: share, name: `${pair.driver}, ${pair.writers} writer${pair.writers === 1 ? '' : 's'}` }
  })
}

async function run(): Promise<boolean> {
  const plant = flags.plant as WriterPlant | undefined
  process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')
  console.log(`kill -9: ${flags.kills} kills, seed ${flags.seed}${plant === undefined ? '' : `, planted: ${plant}`}`)
  const results: (readonly [Plan, CampaignResult])[] = []
  let failed = 0
  for (const plan of planCampaigns().filter(({ kills }) => kills > 0)) {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-kills-'))
    const { driver, writers, kills } = plan
    const result = await new Campaign({
      directory: join(directory, 'store'),
      driver,
      writers,
      kills,
      plant,
      seed: `${flags.seed}/${plan.name}`,
    }).run()
    results.push([plan, result])
    const isFailed = result.problems.length > 0
    if (isFailed) failed += 1
    if (isFailed) report(plan, result)
    const isKept = flags.keep || (isFailed && !flags['expect-caught'])
    if (isKept) console.log(`Kept: ${directory}`)
    else rmSync(directory, { recursive: true })
    if (isFailed && flags['expect-caught']) break
  }
  return conclude(results, failed)
}

function report({ name }: Plan, { problems, reached }: CampaignResult): void {
  console.log(`\nFAILED: ${name}, after ${reached.kills} kills that passed.`)
  for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`)
  if (problems.length > 20) console.log(`  and ${problems.length - 20} more`)
}

/** Things that a run must have met, or it has shown little. */
const needed = [
  'checkpoint',
  'prune',
  'migration',
  'opening',
  'recoveries',
  'folded',
  'conflicts',
  'answered',
  'doubtsMade',
  'doubtsNotMade',
]

function conclude(results: readonly (readonly [Plan, CampaignResult])[], failed: number): boolean {
  const total: Record<string, number> = {}
  const headings = ['', 'kills', 'in checkpoint', 'in prune', 'in migration', 'opening', 'recoveries', 'folded', 'from horizon']
  const more = ['commits', 'conflicts', 'replays', 'in doubt: made', 'not made']
  const rows = results.map(([{ name }, { reached, counts }]) => {
    addCounts(total, { ...reached, ...counts })
    return [name, ...rowOf({ ...reached, ...counts })]
  })
  console.log(`\n${renderTable([[...headings, ...more], ...rows, ['all', ...rowOf(total)]])}`)
  if (flags['expect-caught']) {
    console.log(failed > 0 ? `\ncaught: ${flags.plant}` : `\nNOT CAUGHT: ${flags.plant}`)
    return failed > 0
  }
  const missed = needed.filter((name) => (total[name] ?? 0) === 0)
  if (missed.length > 0) console.log(`\nFAILED: never happened: ${missed.join(', ')}`)
  console.log(`\n${total['kills'] ?? 0} passed, ${failed} failed`)
  return failed === 0 && missed.length === 0
}

function rowOf(counts: Readonly<Record<string, number>>): number[] {
  const names = ['kills', 'checkpoint', 'prune', 'migration', 'opening', 'recoveries', 'folded', 'fromHorizon']
  return [...names, 'acknowledged', 'conflicts', 'answered', 'doubtsMade', 'doubtsNotMade'].map((name) => counts[name] ?? 0)
}

process.exitCode = (await run()) ? 0 : 1
