import type { Commit } from '../../src/state/change.ts'

/** The next commits of a follower, bookmarks included. */
export async function take<Item extends Commit<unknown>>(follower: AsyncGenerator<Item, void, void>, count: number): Promise<Item[]> {
  const taken: Item[] = []
  while (taken.length < count) {
    const next = await follower.next()
    if (next.done === true) throw new Error(`The follower ended after ${taken.length} of ${count} commits.`)
    taken.push(next.value)
  }
  return taken
}
