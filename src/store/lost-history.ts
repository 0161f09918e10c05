/**
 * Notices that the end of the history may have been lost with the power (docs/adr).
 *
 * Commits weaker than `power` are published before they are synced. The first of them marks its instance in hf_weak, with the boot
 * of the machine, and that mark is synced; a clean close takes it away. A mark of another boot therefore says: power was lost while
 * published commits were not on disk. Followers may hold revisions that are gone and will be given to other commits, so the history
 * gets a new epoch, and each of them resets.
 */
import type { Backend } from '../engine/backend.ts'
import { randomName } from '../engine/identity.ts'
import type { Step } from '../sqlite/helper-protocol.ts'
import type { Opening } from './opening-options.ts'

export async function noteLostHistory(backend: Backend, { seams: { bootId }, deadlineMs, report }: Opening): Promise<void> {
  const query: Step = ['SELECT count(*) FROM hf_weak WHERE boot <> ?', bootId]
  for (;;) {
    const marks = backend.main.prepare(query[0]).get(bootId) ?? null
    if (marks?.[0] === 0) return
    const steps: Step[] = [
      ["UPDATE hf_meta SET value = ? WHERE name = 'epoch'", randomName()],
      ['DELETE FROM hf_weak WHERE boot <> ?', bootId],
    ]
    // Another process that opens at the same time may be quicker; then there is nothing left to do.
    if (await backend.runScript({ guards: [{ query, answer: marks }], steps, deadlineMs })) break
  }
  report({ type: 'history-lost', message: 'Power was lost before the newest commits were synced; some may be gone, and replicas reset.' })
}
