/**
 * Jobs whose workers are killed, paused for longer than their lease and have their clocks set, and a schedule whose processes are killed.
 *
 *   npm run jobs -- [--rounds 50] [--seconds 30] [--seed S] [--plant no-fence]
 *
 * With a bug planted it succeeds when the bug is noticed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'
import { runTicking } from './ticking.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    plant: { type: 'string' },
  },
})

const plant = flags.plant === 'no-fence' ? flags.plant : undefined
const directory = mkdtempSync(join(tmpdir(), 'holdfast-jobs-'))
console.log(
  `jobs: ${flags.rounds} rounds, ${flags.seconds} s of a schedule, seed ${flags.seed}${plant === undefined ? '' : `, planted: ${plant}`}`,
)
const work = await runCampaign({ directory: join(directory, 'work'), rounds: Number(flags.rounds), seed: flags.seed, plant })
console.log(JSON.stringify(work.reached))
const setup = { directory: join(directory, 'ticks'), processes: 8, kills: 3, seconds: Number(flags.seconds), seed: flags.seed }
const ticking = setup.seconds > 0 ? await runTicking(setup) : { problems: [], ticks: 0 }
console.log(`${ticking.ticks} times of a schedule, 8 processes, 3 of them killed`)
const problems = [...work.problems, ...ticking.problems]
for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`)
const isPassed = plant === undefined ? problems.length === 0 : problems.length > 0
console.log(isPassed ? 'passed' : `FAILED: ${directory}`)
if (isPassed) rmSync(directory, { recursive: true })
process.exitCode = isPassed ? 0 : 1
