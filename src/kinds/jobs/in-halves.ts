import { isHoldfastError } from '../../base/error.ts'

/** Commits all items at once, or, where that is too large a commit, in halves. What fails for another reason rejects. */
export async function inHalves<Item>(items: readonly Item[], commit: (items: readonly Item[]) => Promise<unknown>): Promise<void> {
  try {
    await commit(items)
  } catch (error) {
    if (items.length < 2 || !isHoldfastError(error, 'COMMIT_TOO_LARGE')) throw error
    const middle = items.length >> 1
    await inHalves(items.slice(0, middle), commit)
    await inHalves(items.slice(middle), commit)
  }
}
