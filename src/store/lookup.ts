/** Finding a commit whose outcome was not known (rules P4, C8). */
import { misuse } from '../base/misuse.ts'
import type { Engine } from '../engine/engine.ts'
import type { Lookup } from './store.ts'

/** Revisions looked at, at most: such a commit is among the newest. */
const tailRevisions = 100_000

export async function lookUp(engine: Engine, token: string): Promise<Lookup> {
  const [, instance, digits] = /^([A-Za-z0-9_-]{8}):([1-9][0-9]{0,15})$/.exec(typeof token === 'string' ? token : '') ?? []
  if (instance === undefined) throw misuse('token', 'the token of a COMMIT_UNKNOWN error', token)
  await engine.recovered()
  engine.beginRead('lookup')
  const { head, horizon } = engine.ledger
  await engine.whenPublished(head.revision)
  engine.beginRead('lookup')
  const after = Math.max(horizon.revision, head.revision - tailRevisions)
  const found = engine.history.findByToken(instance, Number(digits), after)
  if (found !== undefined) return { outcome: 'committed', ...found }
  return { outcome: after === 0 ? 'absent' : engine.history.reachesBefore(instance, Number(digits), after) ? 'absent' : 'unknown' }
}
