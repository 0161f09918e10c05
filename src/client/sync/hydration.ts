/** A snapshot on its way, read into a data set of its own: nobody sees it until it is whole (rule H1). */
import { protocolVersion } from '../../protocol/limits.ts'
import { stateText } from '../../protocol/requests.ts'
import { type SnapshotHeader, SnapshotReader, type SnapshotReceiver } from '../../protocol/snapshot-text.ts'
import { DataSet } from '../data/data-set.ts'
import { answerInvalid, ReplicaError } from '../replica-error.ts'

export interface HydrationOptions {
  /** The state that the replica was built for, as `stateText` says it; any when undefined. */
  readonly state: string | undefined
  readonly lastOf: (log: string) => number | undefined
  /** What is held so far. */
  readonly before: DataSet | undefined
  /** Told of a line that does not parse; it is skipped (rule H5). */
  readonly onDamaged: (kind: string, line: string) => void
}

export class Hydration implements SnapshotReceiver {
  readonly #options: HydrationOptions
  readonly #reader = new SnapshotReader(this)
  #data: DataSet | undefined

  constructor(options: HydrationOptions) {
    this.#options = options
  }

  /** @throws SyntaxError · ReplicaError STATE_VERSION_MISMATCH */
  add(text: string): void {
    this.#reader.add(text)
  }

  /** The data, when the snapshot was whole. @throws ReplicaError ANSWER_INVALID */
  finish(): DataSet {
    if (!this.#reader.isWhole || this.#data === undefined) throw answerInvalid('a snapshot ended before its end')
    this.#data.seal()
    return this.#data
  }

  onHeader(header: SnapshotHeader): void {
    const { state } = this.#options
    const served = stateText(header.state)
    if (header.holdfast > protocolVersion) throw outdated(`protocol ${protocolVersion}`, `protocol ${header.holdfast}`)
    if (state !== undefined && state !== served) throw outdated(state, served)
    this.#data = new DataSet(header, this.#options.lastOf)
  }

  onItem(kind: string, item: readonly unknown[]): void {
    this.#data?.load(kind, item, this.#options.before)
  }

  onDamaged(kind: string, line: string): void {
    this.#options.onDamaged(kind, line)
  }
}

function outdated(asked: string, served: string): ReplicaError {
  const message = `The replica was built for ${asked}, and the server has ${served}. Reload the page.`
  return new ReplicaError('STATE_VERSION_MISMATCH', message, { asked, served }, { status: 409 })
}
