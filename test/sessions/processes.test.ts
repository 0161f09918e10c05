import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openState } from '../support/open-state.ts'
import { Program } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { data } from './open-still.ts'
import type { SessionsCalls } from './sessions-program.ts'
import { signedIn } from './signed-in.ts'

test('[X21] [X46] [E1] a logout in one process ends the session in all at once, and those with streams open are told', async () => {
  const directory = temporaryDirectory()
  const store = await openState(signedIn, { directory })
  const other = new Program<SessionsCalls>(new URL('./sessions-program.ts', import.meta.url))
  await other.call('open', { directory })
  const [first, second, third] = await Promise.all(['ada', 'ada', 'bob'].map((user) => store.sessions.create({ user, data })))
  const tokens = [first, second, third].map((made) => made?.token ?? '')
  const here = (): unknown[] => tokens.map((token) => store.sessions.verify(token)?.user)
  const there = (): Promise<unknown[]> => Promise.all(tokens.map((token) => other.call('verify', token)))
  // Both have them in memory.
  expect([here(), await there()]).toEqual([
    ['ada', 'ada', 'bob'],
    ['ada', 'ada', 'bob'],
  ])
  const told = new Promise<readonly string[]>((resolve) => store.sessions.onRevoked(resolve))

  await store.sessions.revoke(first?.id ?? '')
  expect(await there()).toEqual([undefined, 'ada', 'bob'])
  expect(await other.call('heard', 1)).toEqual([first?.id])
  expect(await told).toEqual([first?.id])

  const toldAgain = new Promise<readonly string[]>((resolve) => store.sessions.onRevoked(resolve))
  expect(await other.call('revokeUser', 'ada')).toBe(1)
  await nextTurn()
  expect(here()).toEqual([undefined, undefined, 'bob'])
  expect(await toldAgain).toEqual([second?.id])

  await other.call('revoke', third?.id ?? '')
  await nextTurn()
  expect(here()).toEqual([undefined, undefined, undefined])
})
