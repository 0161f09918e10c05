import type { BenchStore } from '../workload/bench-state.ts'

/** Follows until a revision has come. */
export async function followUntil(store: BenchStore, after: string | undefined, revision: number): Promise<void> {
  for await (const commit of store.follow(after === undefined ? {} : { after })) if (commit.revision >= revision) return
}
