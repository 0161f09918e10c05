/**
 * Clients by every transport, over a network that fails, of a server that is killed: the long form of `test/network/faults.test.ts`.
 *
 *   npm run faults -- [--seconds 60] [--seed S] [--plant dropped-commit]
 *
 * With a bug planted in the server's streams it succeeds when the bug is noticed.
 */
import { spawnSync } from 'node:child_process'
import { oneOf, readFlags, wholeNumber } from '../flags.ts'

const flags = readFlags({
  usage: 'npm run faults -- [--seconds 60] [--seed S] [--plant dropped-commit|torn-commit|early-bookmark]',
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    plant: { type: 'string' },
  },
  rules: { seconds: wholeNumber, seed: wholeNumber, plant: oneOf(['dropped-commit', 'torn-commit', 'early-bookmark']) },
})
const { seconds, seed, plant } = flags
console.log(`faults: ${seconds} s, seed ${seed}${plant === undefined ? '' : `, planted: ${plant}`}`)
const env = { ...process.env, HOLDFAST_FAULT_MS: `${Number(seconds) * 1000}`, HOLDFAST_SEED: seed, HOLDFAST_PLANT: plant }
const args = ['node_modules/vitest/vitest.mjs', 'run', '--typecheck=false', 'test/network/faults.test.ts']
const isClean = spawnSync(process.execPath, args, { env, stdio: 'inherit' }).status === 0
process.exitCode = isClean === (plant === undefined) ? 0 : 1
