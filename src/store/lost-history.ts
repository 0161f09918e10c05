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
import type { Opening } from './opening.ts'

export async function noteLostHistory(backend: Backend, { seams, deadlineMs, report }: Opening): Promise<void> {
  const { bootId } = seams
  const marks = backend.main.prepare('SELECT count(*) FROM hf_weak WHERE boot <> ?').get(bootId)
  if (marks?.[0] === 0) return
  const renewed = await backend.runScript({
    guards: [{ query: ['SELECT count(*) FROM hf_weak WHERE boot <> ?', bootId], answer: marks ?? null }],
    steps: [
      ["UPDATE hf_meta SET value = ? WHERE name = 'epoch'", randomName()],
      ['DELETE FROM hf_weak WHERE boot <> ?', bootId],
    ],
    deadlineMs,
  })
  if (!renewed) return noteLostHistory(backend, { seams, deadlineMs, report } as Opening)
  report({ type: 'history-lost', message: 'Power was lost before the newest commits were synced; some may be gone, and replicas reset.' })
}
