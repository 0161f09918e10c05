import * as crypto from 'node:crypto'
import { defineState, openStore, sessions } from '../../src/index.ts'
import { atLeast, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'

export const sessionVerify: Benchmark = {
  name: 'session-verify',
  about: 'tokens of 100 sessions verified from memory in one turn, against a bare SHA-256 of each',
  run: runSessionVerify,
}

const benchSessions = defineState({ name: 'bench-sessions', version: 1, kinds: { sessions: sessions() } })

const users = 100

async function runSessionVerify({ driver, sizes, workspace }: Context): Promise<readonly Figure[]> {
  const store = await openStore(benchSessions, { directory: workspace.directory('sessions'), driver })
  const made = await Promise.all(Array.from({ length: users }, (_, at) => store.sessions.create({ user: `user ${at}` })))
  const tokens = made.map(({ token }) => token)
  const looks = sizes.pointReads * 10
  const laps = await race(
    {
      holdfast: { run: () => lookAtAll(looks, tokens, (token) => store.sessions.verify(token)?.user) },
      bare: { run: () => lookAtAll(looks, tokens, (token) => crypto.hash('sha256', token, 'base64url')) },
    },
    sizes.rounds,
  )
  await store.close()
  const perLook = (wallMs: readonly number[]): number => (median(wallMs) * 1e6) / looks
  const ratios = ratiosOf(laps.bare, laps.holdfast)
  return [
    {
      name: 'session-verify',
      unit: 'ns/look',
      value: perLook(laps.holdfast.wallMs),
      ...ratios,
      reach: atLeast(0.5),
      note: 'of the bare speed',
    },
    { name: 'session-verify/bare', unit: 'ns/look', value: perLook(laps.bare.wallMs), note: 'SHA-256 of the token' },
  ]
}

/** @throws Error when a token is not valid */
function lookAtAll(looks: number, tokens: readonly string[], look: (token: string) => string | undefined): void {
  for (let i = 0; i < looks; i += 1) if (look(tokens[i % users] ?? '') === undefined) throw new Error('A session is not valid')
}
