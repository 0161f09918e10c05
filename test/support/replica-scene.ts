/** A replica on a wire and a clock of the test's. */
import { onTestFinished } from 'vitest'
import { createReplica, type ReplicaPlan } from '../../src/client/create-replica.ts'
import type { CallableAction, Replica } from '../../src/client/replica.ts'
import { ManualClock } from './manual-clock.ts'
import type { sample } from './sample.ts'
import { type Channel, type FeedEvent, ScriptedWire, snapshotText } from './scripted-wire.ts'

interface Actions {
  readonly rename: CallableAction<{ readonly to: string }, number>
}

export interface Scene {
  readonly replica: Replica<typeof sample, Actions>
  readonly wire: ScriptedWire
  readonly clock: ManualClock
  /** States in the order they were reached. */
  readonly states: string[]
  readonly errors: unknown[]
  readonly goOnline: () => void
}

export function begin(plan: ReplicaPlan = {}): Scene {
  const wire = new ScriptedWire()
  const clock = new ManualClock()
  const errors: unknown[] = []
  let ids = 0
  const online = new Set<() => void>()
  const replica = createReplica<typeof sample, Actions>(plan, {
    wire: wire.ask,
    socket: wire.ask,
    clock,
    random: () => 0.5,
    createId: () => `id-${(ids += 1)}`,
    onOnline: (callback, signal) => {
      online.add(callback)
      signal.addEventListener('abort', () => online.delete(callback))
    },
    onError: (error) => errors.push(error),
  })
  const states = [replica.status.state as string]
  replica.onStatus(({ state }) => {
    if (states.at(-1) !== state) states.push(state)
  })
  onTestFinished(() => replica.close())
  return { replica, wire, clock, states, errors, goOnline: () => online.forEach((callback) => callback()) }
}

/** A replica that is live at revision 5. */
export async function live(plan: ReplicaPlan = {}): Promise<Scene & { readonly feed: Channel<FeedEvent> }> {
  const scene = begin(plan)
  await scene.wire.serveSnapshot(
    snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'five']], hosts: [['a', 4, 4000, { address: 'a', status: 'up' }]] } }),
  )
  const feed = await scene.wire.openFeed()
  return { ...scene, feed }
}
