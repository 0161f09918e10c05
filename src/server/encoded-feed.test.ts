import { expect, test } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import type { Commit } from '../state/change.ts'
import { EncodedFeed, type LiveClient } from './encoded-feed.ts'

const cursorOf = (revision: number): string => `AAAAAAAA.${revision.toString(36)}.c0ffee_1`

/** Ten commits of 300 KiB, and then nothing. */
async function* follow(_after: string, signal: AbortSignal): AsyncGenerator<Commit> {
  for (let revision = 2; revision <= 11; revision += 1) {
    const change = { kind: 'hosts', op: 'put', key: 'a', value: 'x'.repeat(300 * 1024) }
    yield { revision, cursor: cursorOf(revision), at: 0, actor: undefined, label: undefined, changes: [change] } as unknown as Commit
  }
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}

test('[F3] it keeps as many bytes as it may, and none for clients that come back where all have left', async () => {
  const feed = new EncodedFeed({ cursor: cursorOf(1), follow }, new ManualClock(), () => 1024 * 1024)
  const all = Promise.withResolvers<void>()
  const client: LiveClient = {
    onPortion: ({ to }) => void (to === 11 && all.resolve()),
    onHeartbeat: () => undefined,
    onLost: () => expect.unreachable(),
  }
  feed.join(client)
  await all.promise
  expect([8, 9, 10, 11].map((revision) => feed.after(cursorOf(revision))?.length)).toEqual([undefined, 2, 1, 0])
  feed.leave(client)
  expect([10, 11].map((revision) => feed.after(cursorOf(revision))?.length)).toEqual([undefined, 0])
})
