/**
 * Strikes a session on a store at one system call after the other: SIGKILL before the n-th call, or an error from it (rules C8,
 * D1, M1, M2, X12).
 *
 * A session makes or migrates a store, commits, prunes and closes. The seed chooses among all points. Needs strace; without it, or
 * without the right to trace, it says so and passes, or with --require fails.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DriverName } from '../../../src/index.ts'
import { drivers, readFlags, wholeNumber } from '../flags.ts'
import { SeededRandom } from '../seeded-random.ts'
import { renderTable } from '../tally.ts'
import { findObstacle, type Strike, strikes } from './points.ts'
import { count, prepare, type Scene, strikeAt } from './strike.ts'

const flags = readFlags({
  usage: 'npm run syscalls -- [--points 40|all] [--seed S] [--driver node:sqlite|better-sqlite3] [--require] [--keep]',
  options: {
    points: { type: 'string', default: '40' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    driver: { type: 'string', default: 'node:sqlite' },
    require: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
  rules: { points: { expected: 'a whole number or all', accepts: (text) => text === 'all' || wholeNumber.accepts(text) }, driver: drivers },
})

interface Point {
  readonly scene: Scene
  readonly strike: Strike
  readonly n: number
}

/** What came of the points of one sort. */
interface Row {
  points: number
  struck: number
  unknown: number
  recovered: number
}

async function run(): Promise<boolean> {
  process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-syscalls-'))
  const random = new SeededRandom(`${flags.seed}/syscalls`)
  const points = choosePoints(await findPoints(directory), random)
  console.log(`system calls: ${points.length} points, seed ${flags.seed}`)
  const rows = new Map<string, Row>()
  let failed = 0
  for (const { scene, strike, n } of points) {
    const name = `${scene.name}: ${strike.inject} at ${strike.calls.split(',')[0] ?? ''}`
    const result = await strikeAt(scene, strike, n, random.chance(0.5))
    const row = rows.get(name) ?? { points: 0, struck: 0, unknown: 0, recovered: 0 }
    rows.set(name, row)
    row.points += 1
    if (result.hasStruck) row.struck += 1
    row.unknown += result.unknown
    if (result.recovered) row.recovered += 1
    const isFailed = result.problems.length > 0
    if (isFailed) failed += 1
    if (isFailed) console.log(`\nFAILED: ${name} ${n}. Kept: ${result.directory}\n  ${result.problems.slice(0, 10).join('\n  ')}`)
    else if (!flags.keep) rmSync(result.directory, { recursive: true })
  }
  if (failed === 0 && !flags.keep) rmSync(directory, { recursive: true })
  return conclude(rows, failed)
}

async function findPoints(directory: string): Promise<Point[]> {
  const driver = flags.driver as DriverName
  const prepared = await prepare(directory, driver)
  const scenes: Scene[] = [
    { name: 'make', directory, driver, prepared: undefined, version: 1 },
    { name: 'migrate', directory, driver, prepared, version: 2 },
  ]
  const points: Point[] = []
  for (const scene of scenes) {
    const counts = new Map<string, number>()
    for (const strike of strikes) {
      const calls = counts.get(strike.calls) ?? (await count(scene, strike))
      counts.set(strike.calls, calls)
      for (let n = 1; n <= calls; n += 1) points.push({ scene, strike, n })
    }
  }
  return points
}

/** Each sort of strike in turn, so that the rare calls get their share. */
function choosePoints(points: readonly Point[], random: SeededRandom): Point[] {
  if (flags.points === 'all') return [...points]
  const groups = [...Map.groupBy(random.shuffle(points), ({ scene, strike }) => `${scene.name} ${strike.calls} ${strike.inject}`).values()]
  const chosen: Point[] = []
  for (let round = 0; chosen.length < Number(flags.points) && groups.some((group) => group.length > round); round += 1) {
    chosen.push(...groups.map((group) => group[round]).filter((point) => point !== undefined))
  }
  return chosen.slice(0, Number(flags.points))
}

function conclude(rows: ReadonlyMap<string, Row>, failed: number): boolean {
  const table = [...rows].map(([name, { points, struck, unknown, recovered }]) => [name, points, struck, unknown, recovered])
  console.log(`\n${renderTable([['', 'points', 'struck', 'in doubt', 'recovered'], ...table])}`)
  const struck = [...rows.values()].reduce((sum, row) => sum + row.struck, 0)
  // A thread may make one call less than in the run that counted; a sweep that mostly misses shows nothing.
  const all = [...rows.values()].reduce((sum, row) => sum + row.points, 0)
  const isMissing = struck < all * 0.8
  if (isMissing) console.log(`\nFAILED: only ${struck} of ${all} points were struck`)
  console.log(`\n${struck - failed} passed, ${failed} failed`)
  return failed === 0 && !isMissing
}

const obstacle = findObstacle()
if (obstacle === undefined) {
  process.exitCode = (await run()) ? 0 : 1
} else {
  console.log(`SYSTEM CALLS NOT STRUCK: ${obstacle}.`)
  process.exitCode = flags.require ? 1 : 0
}
