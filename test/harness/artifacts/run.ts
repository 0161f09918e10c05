/**
 * Crashes in the middle of putting and deleting artifacts (rules A1, A2, X9): afterwards every record has its file, every file a record, what was
 * acknowledged is there, and no temporary file is left once the store has been opened.
 *
 *   npm run crashes:artifacts -- [--kills 200] [--processes 2] [--points 40|all] [--call rename] [--seed S] [--require] [--keep]
 *
 * First so many kills at random moments, then strikes at the system calls of one run. Without strace, or the right to trace, the strikes are left out,
 * or with --require fail.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SeededRandom } from '../seeded-random.ts'
import { findObstacle } from '../syscall/points.ts'
import { renderTable } from '../tally.ts'
import { killAtRandom } from './kills.ts'
import { findPoints, strikeAt, type StrikePoint } from './strikes.ts'

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    processes: { type: 'string', default: '2' },
    points: { type: 'string', default: '40' },
    call: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    require: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const directory = mkdtempSync(join(tmpdir(), 'holdfast-artifacts-'))
console.log(`artifacts: seed ${flags.seed}`)
const isPassed = (await runKills()) && (await runStrikes())
if (isPassed && !flags.keep) rmSync(directory, { recursive: true })
else console.log(`Kept: ${directory}`)
process.exitCode = isPassed ? 0 : 1

async function runKills(): Promise<boolean> {
  const setup = { directory: join(directory, 'killed'), seed: flags.seed, kills: Number(flags.kills), processes: Number(flags.processes) }
  const { problems, kills, left } = await killAtRandom(setup)
  const sorts = [...left].map(([sort, count]) => `${count} × .${sort}`).join(', ')
  console.log(`${kills} kills, which left ${sorts === '' ? 'nothing' : sorts}`)
  for (const problem of problems) console.log(`FAILED: ${problem}`)
  return problems.length === 0
}

async function runStrikes(): Promise<boolean> {
  const obstacle = findObstacle()
  if (obstacle !== undefined) {
    console.log(`SYSTEM CALLS NOT STRUCK: ${obstacle}.`)
    return !flags.require
  }
  const all = (await findPoints(directory)).filter(({ call }) => flags.call === undefined || call === flags.call)
  const points = flags.points === 'all' ? all : new SeededRandom(`${flags.seed}/points`).shuffle(all).slice(0, Number(flags.points))
  console.log(`system calls: ${points.length} of ${all.length} points`)
  const rows = new Map<string, [points: number, struck: number, failed: number]>()
  for (const point of points) await strike(point, rows)
  console.log(renderTable([['', 'points', 'struck', 'failed'], ...[...rows].map(([name, row]) => [name, ...row])]))
  const [struck, failed] = [...rows.values()].reduce(([a, b], [, s, f]) => [a + s, b + f], [0, 0])
  // Calls of other threads may come in another order than in the run that counted; a sweep that mostly misses shows nothing.
  if (struck < points.length * 0.8) console.log(`FAILED: only ${struck} of ${points.length} points were struck`)
  return failed === 0 && struck >= points.length * 0.8
}

async function strike(point: StrikePoint, rows: Map<string, [number, number, number]>): Promise<void> {
  const { hasStruck, problems, directory: own } = await strikeAt(directory, point)
  const name = `${point.inject} at ${point.call}`
  const row = rows.get(name) ?? [0, 0, 0]
  rows.set(name, [row[0] + 1, row[1] + Number(hasStruck), row[2] + Number(problems.length > 0)])
  if (problems.length > 0) console.log(`FAILED: ${name} ${point.n}. Kept: ${own}\n  ${problems.slice(0, 10).join('\n  ')}`)
  else if (!flags.keep) rmSync(own, { recursive: true })
}
