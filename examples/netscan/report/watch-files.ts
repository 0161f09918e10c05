/** Whether the files of reports are still there is found out here, and kept, so that every page can show it. */
import { setTimeout } from 'node:timers/promises'
import type { NetscanStore, NetscanTx, ReportFile } from '../state.ts'

const everyMs = 5_000

/** Looks now and again, until the signal aborts. */
export async function watchFiles(store: NetscanStore, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await noteMissing(store)
    await setTimeout(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

/** Notes which files have gone, and which have come back. */
export async function noteMissing(store: NetscanStore): Promise<void> {
  for (const file of allFiles(store)) {
    const isThere = await store.reportFiles.available(file.id)
    if (isThere !== (file.meta.missingSince !== undefined)) continue
    await store.commit((tx) => note(tx, file.id, isThere), { label: isThere ? 'report file is back' : 'report file is missing' })
  }
}

function note(tx: NetscanTx, id: string, isThere: boolean): void {
  const file = tx.reportFiles.get(id)
  if (file === undefined) return
  const { missingSince: _, ...meta } = file.meta
  tx.reportFiles.update(id, { meta: isThere ? meta : { ...meta, missingSince: Date.now() } })
}

function* allFiles(store: NetscanStore): Generator<ReportFile> {
  let page = store.reportFiles.find()
  yield* page.items
  while (page.next !== undefined) {
    page = store.reportFiles.find({ after: page.next })
    yield* page.items
  }
}
