/**
 * One run: a story from one seed, then peace, in which everybody has to agree with what is stored, then nobody, and nothing may be left.
 */
import { Tally } from '../model/tally.ts'
import type { ObservedClient, WrapWire } from './observed-client.ts'
import type { History } from './server/history.ts'
import { Story } from './story.ts'
import { validate } from './validators.ts'
import { World } from './world.ts'

/** How long everything may take to agree once all is well, ms: a watchdog, the longest backoff, and what a poll waits. */
const peaceMs = 300_000

/** After this long nothing that was left behind may be there any more, ms. */
const afterglowMs = 180_000

export interface Outcome {
  /** A digest of everything that happened, in order. */
  readonly trace: string
  readonly complaints: readonly string[]
}

export async function simulate(
  seed: number,
  { tally = new Tally(), wrapWire }: { readonly tally?: Tally; readonly wrapWire?: WrapWire | undefined } = {},
): Promise<Outcome> {
  const world = new World(seed, { tally, wrapWire })
  await new Story(world).tell()
  const disagreements = await agree(world)
  const leftovers = await leave(world)
  // What nobody needs any more is let go of only between turns.
  await new Promise((resolve) => setImmediate(resolve))
  const { closed, history, complaints } = world
  const seen = closed.flatMap(({ recorder, complaints: own }) => {
    recorder.finish()
    return [...own, ...validate(recorder, history)]
  })
  return { trace: world.digest(), complaints: [...complaints, ...seen, ...disagreements, ...checkCalls(world), ...leftovers] }
}

/** All is well from now on. */
async function agree(world: World): Promise<string[]> {
  const { clients, clock, daemon, history, network } = world
  world.isBoxed = false
  for (const { tab } of clients) tab?.thaw()
  network.calm()
  if (!daemon.isUp) daemon.start()
  const isServed = (): boolean => daemon.store?.cursor === history.cursorAt(history.head)
  const agrees = ({ replica: { status }, calls }: ObservedClient): boolean =>
    status.state === 'live' && status.cursor === history.cursorAt(history.head) && calls.every(({ outcome }) => outcome !== undefined)
  await clock.pass(peaceMs, () => isServed() && clients.every(agrees))
  for (const client of clients) client.look()
  return clients
    .filter((client) => !agrees(client))
    .map(({ name, calls, replica: { status } }) => {
      const waiting = calls.filter(({ outcome }) => outcome === undefined).length
      const place = `${status.state} at ${status.cursor} of ${history.cursorAt(history.head)}, and ${waiting} calls wait`
      return `Quiescent: after ${peaceMs} ms of peace ${name} is ${place}: ${String(status.error)}`
    })
}

/** Everybody goes. */
async function leave(world: World): Promise<string[]> {
  const { clients, clock, daemon } = world
  for (const client of [...clients]) world.disconnect(client)
  await clock.pass(afterglowMs)
  const { streams } = daemon
  daemon.stop()
  await clock.pass(afterglowMs)
  const { waiting } = clock
  return [
    ...(streams > 0 ? [`Left: ${streams} streams are open, and nobody is there`] : []),
    ...(waiting > 0 ? [`Left: ${waiting} timers wait for nothing`] : []),
  ]
}

/** What each call asked for was done once in each history at most, and was done when it was answered. */
function checkCalls({ closed, history }: World): string[] {
  const complaints: string[] = []
  const effects = history.epochs.map((epoch) => ({ epoch, notes: countNotes(history, epoch) }))
  for (const { id, text, epoch, outcome } of closed.flatMap(({ calls }) => calls)) {
    const counts = effects.map(({ notes }) => notes.get(text) ?? 0)
    if (counts.some((count) => count > 1)) complaints.push(`Once: what ${id} asked was done ${counts.join()} times`)
    if (outcome === undefined) complaints.push(`Settled: ${id} has no answer`)
    if (outcome === undefined || 'error' in outcome) continue
    if (outcome.value !== `noted ${text}`) complaints.push(`Once: ${id} was answered ${String(outcome.value)}`)
    // What was done before an older copy was restored is gone with the rest.
    const isDone = effects.some((effect) => (epoch !== history.epoch || effect.epoch === epoch) && effect.notes.has(text))
    if (!isDone) complaints.push(`Once: what ${id} asked was answered and not done`)
  }
  return complaints
}

/** How often each note was made in a history. */
function countNotes(history: History, epoch: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const change of history.commitsOf(epoch).flatMap(({ changes }) => changes)) {
    if (change.op !== 'append' || change.stream !== 'notes') continue
    const text = change.value as string
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return counts
}
