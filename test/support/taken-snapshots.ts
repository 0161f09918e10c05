import { Snapshots, type TakenSnapshot } from '../../src/engine/snapshot/snapshots.ts'

/** Counts the snapshots of this process that are assembled, rather than shared, until it is disposed of. */
export class TakenSnapshots implements Disposable {
  readonly #taken = new Set<TakenSnapshot>()
  readonly #take = Snapshots.prototype.take

  constructor() {
    const taken = this.#taken
    const take = this.#take
    Snapshots.prototype.take = async function takeAndCount(this: Snapshots, ...asked) {
      const snapshot = await take.apply(this, asked)
      taken.add(snapshot)
      return snapshot
    }
  }

  get count(): number {
    return this.#taken.size
  }

  [Symbol.dispose](): void {
    Snapshots.prototype.take = this.#take
  }
}
