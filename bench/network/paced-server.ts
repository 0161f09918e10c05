import { type Replica, connect } from '../../src/client.ts'
import type { Context } from '../harness/benchmark.ts'
import { Child } from '../harness/child.ts'
import { now } from '../harness/shared-clock.ts'
import type { benchState } from '../workload/bench-state.ts'
import type { PacedCommand, PacedReady, PacedReport } from './paced.child.ts'

type BenchReplica = Replica<typeof benchState>

/** A server in another process, and replicas of it in this one. */
export class PacedServer {
  readonly port: number
  readonly token: string
  /** Of its first commit. */
  readonly cursor: string
  readonly #child: Child
  readonly #replicas: readonly BenchReplica[]

  private constructor(child: Child, { port, token, cursor }: PacedReady, replicas: readonly BenchReplica[]) {
    this.#child = child
    this.port = port
    this.token = token
    this.cursor = cursor
    this.#replicas = replicas
  }

  static async start({ workspace, driver }: Context, replicaCount: number): Promise<PacedServer> {
    const child = new Child(new URL('paced.child.ts', import.meta.url), { directory: workspace.directory('paced'), driver })
    const ready = await child.next<PacedReady>()
    const url = `http://127.0.0.1:${ready.port}/state`
    const replicas = Array.from({ length: replicaCount }, () => connect<typeof benchState>({ url, token: ready.token, transport: 'sse' }))
    await Promise.all(replicas.map((replica) => replica.settled(ready.cursor)))
    return new PacedServer(child, ready, replicas)
  }

  /** Has the server commit; from each acknowledgement to the arrival at each replica, ms. */
  async measure(command: PacedCommand): Promise<readonly number[]> {
    const arrived: { readonly revision: number; readonly at: number }[] = []
    const unsubscribe = this.#replicas.map((replica) =>
      replica.subscribe((commit) => {
        if (commit !== undefined) arrived.push({ revision: commit.revision, at: now() })
      }),
    )
    this.#child.send(command)
    const { cursor, acknowledged } = await this.#child.next<PacedReport>()
    await Promise.all(this.#replicas.map((replica) => replica.settled(cursor)))
    for (const stop of unsubscribe) stop()
    const acknowledgedAt = new Map(acknowledged.map(({ revision, at }) => [revision, at]))
    return arrived.map(({ revision, at }) => at - (acknowledgedAt.get(revision) ?? Number.NaN))
  }

  async close(): Promise<void> {
    for (const replica of this.#replicas) replica.close()
    await this.#child.kill()
  }
}
