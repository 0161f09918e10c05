/** What followers have received: it has left its process, so it may be anywhere by now. */
import type { RawStore } from '../verify/raw-store.ts'
import { horizonOf } from '../verify/check-history.ts'

export interface Sighting {
  readonly follower: string
  readonly revision: number
  readonly cursor: string
  readonly label: string
}

export class Sightings {
  #seen: Sighting[] = []

  add(sighting: Sighting): void {
    this.#seen.push(sighting)
  }

  get count(): number {
    return this.#seen.length
  }

  /** The newest of each follower. */
  get newest(): readonly Sighting[] {
    return [...new Map(this.#seen.map((sighting) => [sighting.follower, sighting])).values()]
  }

  /** Those that name a commit which the store does not have, or has not as that revision. */
  findLost(store: RawStore): Sighting[] {
    const horizon = horizonOf(store).revision
    const labels = new Map(store.commits.map(({ revision, label }) => [revision, label ?? '']))
    return this.#seen.filter(({ revision, label }) => revision > horizon && labels.get(revision) !== label)
  }

  clear(): void {
    this.#seen = []
  }
}
