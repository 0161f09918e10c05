/** Shows that the validators of the test with faults find what a server does wrong, over real sockets, and complain of nothing else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Tally } from '../model/tally.ts'
import { validate } from '../simulation/validators.ts'
import { choices } from '../simulation/views.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { readHistory } from './history.ts'
import { QuickClock } from './quick-clock.ts'
import { RealClient } from './real-client.ts'
import { freePort, ServedProgram } from './served-program.ts'
import type { StreamPlant } from './stream-plants.ts'

/** A bug shows after 20 commits, or in one of the next with several changes. */
const wantedCommits = 45

/** Complaints of three clients who follow a server for a while, by the names of their validators. */
async function complaintsOf(bug: StreamPlant | 'none'): Promise<ReadonlySet<string>> {
  const directory = temporaryDirectory()
  const port = await freePort()
  const served = new ServedProgram({ directory, port, name: `127.0.0.1:${port}`, seed: 'planted', plant: bug === 'none' ? undefined : bug })
  await served.start()
  const token = readFileSync(join(directory, 'token'), 'utf8').trim()
  const parts = { way: 'sse', clock: new QuickClock(1), token, port, tally: new Tally() } as const
  const clients = choices.map((choice, n) => new RealClient({ name: `c${n}`, choice, ...parts }))
  onTestFinished(() => clients.forEach((client) => client.close()))
  await Promise.all(clients.map(({ replica }) => untilSeen(replica, wantedCommits)))
  await Promise.all(clients.map((client) => client.rest()))
  const cursor = await served.rest()
  await Promise.all(clients.map(({ replica }) => replica.settled(cursor)))
  for (const { replica, recorder } of clients) {
    replica.close()
    recorder.finish()
  }
  await served.kill()
  const recordings = clients.map(({ recorder }) => recorder)
  const history = await readHistory(directory, recordings)
  return new Set(recordings.flatMap((recording) => validate(recording, history)).map((complaint) => complaint.split(':')[0] ?? ''))
}

function untilSeen(replica: RealClient['replica'], count: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0
    replica.subscribe((commit) => {
      if (commit !== undefined && (seen += 1) === count) resolve()
    })
  })
}

test.each<[StreamPlant | 'none', readonly string[]]>([
  ['none', []],
  ['dropped-commit', ['Reliable']],
  ['torn-commit', ['Atomic']],
  ['early-bookmark', ['Bookmarkable']],
])('[F1] a server with the bug %s is found out by the validators that it concerns', async (bug, expected) => {
  const complaints = [...(await complaintsOf(bug))]
  // What is missing may show in more than one way.
  expect(expected.filter((name) => !complaints.includes(name as never))).toEqual([])
  expect(complaints.length > 0).toBe(bug !== 'none')
})
