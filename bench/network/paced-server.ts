import { io } from 'socket.io-client'
import { type Replica, connect } from '../../src/client.ts'
import { socketIo } from '../../src/client-socket-io.ts'
import type { Context } from '../harness/benchmark.ts'
import { Child } from '../harness/child.ts'
import { now } from '../harness/shared-clock.ts'
import type { benchState } from '../workload/bench-state.ts'
import type { PacedCommand, PacedReady, PacedReport, PacedTask } from './paced.child.ts'
import type { Carrier } from './server-task.ts'

type BenchReplica = Replica<typeof benchState>

interface PacedOptions {
  readonly replicas: number
  readonly via: Carrier
}

/** A server in another process, and replicas of it in this one. */
export class PacedServer {
  readonly place: PacedReady['place']
  readonly #child: Child
  readonly #followers: readonly Follower[]

  private constructor(child: Child, { place }: PacedReady, followers: readonly Follower[]) {
    this.#child = child
    this.place = place
    this.#followers = followers
  }

  static async start({ workspace, driver }: Context, { replicas, via }: PacedOptions): Promise<PacedServer> {
    const task: PacedTask = { via, directory: workspace.directory('paced'), driver }
    const child = new Child(new URL('paced.child.ts', import.meta.url), task)
    const ready = await child.next<PacedReady>()
    const followers = Array.from({ length: replicas }, () => follow(ready, via))
    await Promise.all(followers.map(({ replica }) => replica.settled(ready.cursor)))
    return new PacedServer(child, ready, followers)
  }

  /** Has the server commit; from each acknowledgement to the arrival at each replica, ms. */
  async measure(command: PacedCommand): Promise<readonly number[]> {
    const arrived: { readonly revision: number; readonly at: number }[] = []
    const unsubscribe = this.#followers.map(({ replica }) =>
      replica.subscribe((commit) => {
        if (commit !== undefined) arrived.push({ revision: commit.revision, at: now() })
      }),
    )
    this.#child.send(command)
    const { cursor, acknowledged } = await this.#child.next<PacedReport>()
    await Promise.all(this.#followers.map(({ replica }) => replica.settled(cursor)))
    for (const stop of unsubscribe) stop()
    const acknowledgedAt = new Map(acknowledged.map(({ revision, at }) => [revision, at]))
    return arrived.map(({ revision, at }) => at - (acknowledgedAt.get(revision) ?? Number.NaN))
  }

  async close(): Promise<void> {
    for (const { close } of this.#followers) close()
    await this.#child.kill()
  }
}

interface Follower {
  readonly replica: BenchReplica
  readonly close: () => void
}

function follow({ place, token }: PacedReady, via: Carrier): Follower {
  const url = `http://127.0.0.1:${place.port}`
  const known = { url: `${url}/state`, token }
  if (via !== 'socketio') {
    const replica = connect<typeof benchState>({ ...known, transport: via === 'ws' ? 'websocket' : via })
    return { replica, close: () => replica.close() }
  }
  const extraHeaders = { authorization: `Bearer ${token}` }
  const socket = io(`${url}/holdfast`, { transports: ['websocket'], extraHeaders, forceNew: true })
  const replica = connect<typeof benchState>({ ...known, through: socketIo(socket) })
  const close = (): void => {
    replica.close()
    socket.disconnect()
  }
  return { replica, close }
}
