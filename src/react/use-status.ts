/** How a replica is, and waiting for it. */
import * as React from 'react'
import type { ReplicaMethods } from '../client/replica.ts'
import { ReplicaError } from '../client/replica-error.ts'
import type { ReplicaStatus } from '../client/sync/status.ts'
import { useReading } from './use-reading.ts'

/** Whatever its actions are. */
type AnyReplica = Pick<ReplicaMethods<unknown>, 'status' | 'onStatus' | 'ready'>

const unconnected: ReplicaStatus = Object.freeze({
  state: 'connecting',
  revision: undefined,
  cursor: undefined,
  transport: undefined,
  error: undefined,
  lagMs: 0,
})

/**
 * The status of a replica, or what `select` makes of it. The whole one is another with each commit, since it has the revision;
 * `useStatus(replica, ({ state }) => state)` is not.
 */
export function useStatus<Selected = ReplicaStatus>(
  replica: Pick<AnyReplica, 'status' | 'onStatus'>,
  select?: (status: ReplicaStatus) => Selected,
): Selected {
  const make = (status: ReplicaStatus): unknown => (select ? select(status) : status)
  const reading = { subscribe: replica.onStatus, read: () => replica.status, nothing: unconnected, make, by: [select] }
  return useReading(reading) as Selected
}

/** React's own way to wait, from version 19 on. Taken apart here, so that no bundler looks for it in an older React. */
const { use } = React as { readonly use?: (promise: Promise<unknown>) => unknown }

/** States that no snapshot comes out of. */
const finalStates: readonly string[] = Object.freeze(['refused', 'outdated', 'closed'])

/**
 * Suspends until the replica holds its first snapshot: the nearest `Suspense` shows its fallback, and what stands below it can rely on what
 * is held.
 *
 * @throws ReplicaError SIGN_IN_NEEDED · STATE_VERSION_MISMATCH · REPLICA_CLOSED, to the nearest error boundary
 */
export function useReady(replica: Pick<AnyReplica, 'status' | 'ready'>): void {
  const { ready, status } = replica
  if (use) return void use(ready)
  if (status.revision !== undefined) return
  if (finalStates.includes(status.state)) throw status.error ?? new ReplicaError('REPLICA_CLOSED', 'The replica is closed. Connect again.')
  // What an older React waits for is what is thrown.
  // oxlint-disable-next-line typescript/only-throw-error
  throw ready
}
