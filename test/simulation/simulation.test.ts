/**
 * Clients and servers as they are shipped, over a simulated network and a simulated disk, with one clock and one source of chance: a seed is
 * a whole story of commits, calls, crashes, restored copies and broken connections, and replays to the letter.
 *
 * 5,000 seeds from a random one by default. `HOLDFAST_SEEDS=200000 npx vitest run test/simulation` runs more,
 * `HOLDFAST_SEED=17 HOLDFAST_SEEDS=1` one again.
 */
import { expect, test } from 'vitest'
import { Tally } from '../model/tally.ts'
import { type Plant, plantDuplicates, plantHalfSnapshot, plantSkippedCommit, plantStaleFrame, plantStalePacket } from './plants.ts'
import { simulate } from './simulation.ts'

const count = Number(process.env['HOLDFAST_SEEDS'] ?? 5000)
const first = Number(process.env['HOLDFAST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Traces of the errors that clients are told of, which nobody reads, would take a tenth of the time. */
Error.stackTraceLimit = 0

const timeoutMs = 60_000 + count * 100

/** What so many seeds always reach; one that never comes up says that the simulation has become blind. */
const wanted = [
  'saw a snapshot',
  'saw a commit',
  'saw a bookmark',
  'live by sse',
  'live by long-poll',
  'live by poll',
  'live by websocket',
  'live by socket.io',
  'live by shared',
  'lock passed on',
  'lock stolen',
  'a tab froze',
  'client resuming',
  'client offline',
  'cut',
  'cut that looks like an end',
  'half-open',
  'stalled',
  'refused',
  'split inside a character',
  'killed',
  'stopped',
  'power cut',
  'pruned',
  'restored',
  'restored under a server',
  'reset by sse',
  'reset by long-poll',
  'reset by poll',
  'reset by websocket',
  'reset by socket.io',
  'fell back to long-poll',
  'fell back to poll',
  'climbed up to sse',
  'fell back from websocket',
  'ended by the server',
  'buffer full',
  'asked twice',
  'called twice',
  'call answered',
  'a client was let go',
  'settled',
  'not settled',
]

test(
  '[H1] [H2] [H4] [F1] [F3] [C7] [P3] [X28] [X57] 5,000 seeds: whatever happens to clients, servers and what lies between, each replica shows the store',
  async () => {
    const tally = new Tally()
    const failed: string[] = []
    for (let seed = first; seed < first + count && failed.length < 3; seed += 1) {
      const { complaints } = await simulate(seed, { tally })
      if (complaints.length > 0) failed.push([`HOLDFAST_SEED=${seed} HOLDFAST_SEEDS=1`, ...complaints.slice(0, 5)].join('\n'))
    }
    const reached = `${count} seeds from ${first}: ${tally.toString()}`
    process.stdout.write(`${reached}\n`)
    expect(failed.join('\n\n')).toBe('')
    if (count >= 500) expect(tally.missing(wanted), reached).toEqual([])
  },
  timeoutMs,
)

test('a seed replays to the letter, and another one is another story', async () => {
  for (let seed = first; seed < first + 5; seed += 1) {
    const { trace } = await simulate(seed)
    expect((await simulate(seed)).trace).toBe(trace)
    expect((await simulate(seed + 5)).trace).not.toBe(trace)
  }
})

test.each<[string, RegExp, () => Plant]>([
  ['[P3] finds a client that resumes too early and applies what it has already', /^(?:Unique|Ordered): /, plantDuplicates],
  ['[F1] finds a server that skips a commit between history and live', /^(?:Reliable|Bookmarkable): /, plantSkippedCommit],
  ['[H1] finds half a snapshot that was put in place', /^Atomic: /, plantHalfSnapshot],
  ['[F1] finds a WebSocket that is sent the frame before in place of its own', /^(?:Reliable|Bookmarkable): /, plantStaleFrame],
  ['[F1] finds a connection of Socket.IO that is sent the packet before', /^(?:Reliable|Bookmarkable): /, plantStalePacket],
])(
  '%s',
  async (_title, expected, plant) => {
    using planted = plant()
    for (let seed = first; seed < first + 2000; seed += 1) {
      const { complaints } = await simulate(seed, { wrapWire: planted.wrapWire })
      const found = complaints.find((complaint) => expected.test(complaint))
      if (found === undefined) continue
      process.stdout.write(`found after ${seed - first + 1} seeds: ${found.slice(0, 160)}\n`)
      return
    }
    expect.fail('Nobody noticed.')
  },
  timeoutMs,
)
