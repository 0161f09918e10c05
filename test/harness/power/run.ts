/**
 * Cuts the power of a file system while processes write to a store on it (promise P1, rules D1, D7, F4, F5).
 *
 * Without --durability, both. Needs Linux, root and ext4 tools; where they are missing it says so and passes, or with --require
 * fails. It runs in a mount namespace of its own, so nothing stays mounted however it ends. The seed decides the work and the
 * aims; the moment of each cut within it is the machine's.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DriverName, Durability } from '../../../src/index.ts'
import { drivers, oneOf, readFlags, wholeNumber } from '../flags.ts'
import { addCounts, renderTable } from '../tally.ts'
import { PowerCampaign, type PowerPlant, powerPlants, type PowerResult } from './campaign.ts'
import { Ext4Image, findObstacle } from './ext4-image.ts'

const flags = readFlags({
  usage: `npm run powercuts -- [--cuts 60] [--durability power|process] [--seed S] [--driver node:sqlite|better-sqlite3] [--require] [--keep] [--plant BUG [--expect-caught]]

BUG is one of ${powerPlants.join(', ')}. Without --durability, both.`,
  options: {
    cuts: { type: 'string', default: '60' },
    durability: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    driver: { type: 'string', default: 'node:sqlite' },
    require: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    plant: { type: 'string' },
    'expect-caught': { type: 'boolean', default: false },
  },
  rules: { cuts: wholeNumber, durability: oneOf(['power', 'process']), driver: drivers, plant: oneOf(powerPlants) },
})

const inNamespace = 'HOLDFAST_HARNESS_MOUNTS'
interface Plan {
  readonly durability: Durability
  readonly cuts: number
}

function planCampaigns(): Plan[] {
  const cuts = Number(flags.cuts)
  if (flags.durability !== undefined) return [{ durability: flags.durability as Durability, cuts }]
  return [
    { durability: 'power', cuts: Math.ceil(cuts / 2) },
    { durability: 'process', cuts: Math.floor(cuts / 2) },
  ]
}

async function run(): Promise<boolean> {
  process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')
  console.log(`power cuts: ${flags.cuts}, seed ${flags.seed}${flags.plant === undefined ? '' : `, planted: ${flags.plant}`}`)
  const results: (readonly [string, PowerResult])[] = []
  for (const { durability, cuts } of planCampaigns().filter((plan) => plan.cuts > 0)) {
    const result = await runCampaign(durability, cuts)
    results.push([durability, result])
    if (result.problems.length > 0) report(durability, result)
    if (result.problems.length > 0 && flags['expect-caught']) break
  }
  return conclude(results)
}

async function runCampaign(durability: Durability, cuts: number): Promise<PowerResult> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-power-'))
  const backing = mkdtempSync(join(hasSharedMemory() ? '/dev/shm' : directory, 'holdfast-power-'))
  const image = new Ext4Image(backing, directory)
  let isFailed = true
  try {
    const setup = { image, durability, cuts, driver: flags.driver as DriverName, plant: flags.plant as PowerPlant | undefined }
    const result = await new PowerCampaign({ ...setup, seed: `${flags.seed}/${durability}` }).run()
    isFailed = result.problems.length > 0
    return result
  } finally {
    const isKept = flags.keep || (isFailed && !flags['expect-caught'])
    image.unmount()
    if (isKept) console.log(`Kept: the file system in ${backing}`)
    else rmSync(backing, { recursive: true, force: true })
    if (!isKept || hasSharedMemory()) rmSync(directory, { recursive: true })
  }
}

function hasSharedMemory(): boolean {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return true
  } catch {
    return false
  }
}

function report(durability: string, { problems, reached }: PowerResult): void {
  console.log(`\nFAILED: ${durability}, after ${reached.cuts} cuts that passed.`)
  for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`)
  if (problems.length > 20) console.log(`  and ${problems.length - 20} more`)
}

function conclude(results: readonly (readonly [string, PowerResult])[]): boolean {
  const columns = [
    'cuts',
    'creating',
    'opening',
    'checkpoint',
    'acknowledged',
    'seen',
    'tails',
    'lost',
    'misled',
    'artifacts',
    'artifactsLeft',
  ] as const
  const headings = [
    '',
    'cuts',
    'creating',
    'opening',
    'in checkpoint',
    'acknowledged',
    'seen by followers',
    'tails gone',
    'of them acknowledged',
    'followers misled',
    'artifacts',
    'left half-way',
  ]
  const rows = results.map(([name, { reached }]) => [name, ...columns.map((column) => reached[column])])
  const total: Record<string, number> = {}
  for (const [, { reached }] of results) addCounts(total, { ...reached })
  console.log(`\n${renderTable([headings, ...rows, ['all', ...columns.map((column) => total[column] ?? 0)]])}`)
  const failed = results.filter(([, { problems }]) => problems.length > 0).length
  if (flags['expect-caught']) {
    console.log(failed > 0 ? `\ncaught: ${flags.plant}` : `\nNOT CAUGHT: ${flags.plant}`)
    return failed > 0
  }
  const missed = results.flatMap(([name, result]) => result.missed.map((what) => `${what} under ${name}`))
  if (missed.length > 0) console.log(`\nFAILED: never happened: ${missed.join(', ')}`)
  console.log(`\n${total['cuts'] ?? 0} passed, ${failed} failed`)
  return failed === 0 && missed.length === 0
}

const obstacle = findObstacle()
if (obstacle !== undefined) {
  console.log(`POWER CUTS NOT RUN: ${obstacle}.`)
  process.exitCode = flags.require ? 1 : 0
} else if (process.env[inNamespace] === undefined) {
  const command = ['--mount', process.execPath, ...process.argv.slice(1)]
  const { status } = spawnSync('unshare', command, { stdio: 'inherit', env: { ...process.env, [inNamespace]: 'own' } })
  process.exitCode = status ?? 1
} else {
  process.exitCode = (await run()) ? 0 : 1
}
