/** Makes the tables of a store what its declaration says (rule M6): new kinds and indexes are added, nothing is taken away. */
import { HoldfastError } from '../base/error.ts'
import type { Report } from '../base/report.ts'
import type { Backend } from '../engine/backend.ts'
import type { StoredKind, TablePlan } from '../engine/kind-runtime.ts'
import { readStoredKinds } from '../engine/stored-kinds.ts'
import { planArtifacts } from '../kinds/artifacts/tables.ts'
import { planCollection } from '../kinds/collection/tables.ts'
import { planDocument } from '../kinds/document/tables.ts'
import { planJobs } from '../kinds/jobs/tables.ts'
import { planLog } from '../kinds/log/tables.ts'
import { planSessions } from '../kinds/sessions/tables.ts'
import { planSettings } from '../kinds/settings/tables.ts'
import { isOnDisk, type Kind, type Kinds, type StateDefinition } from '../state/define-state.ts'
import { describeKind, findIncompatibility, type KindDescription } from '../state/description.ts'
import type { Connection, Row } from '../sqlite/driver.ts'
import type { Script, Step } from '../sqlite/helper-protocol.ts'
import { writeMeta } from '../sqlite/tables.ts'
import { isOlder } from './state-version.ts'
import { findDuplicate } from './duplicates.ts'

/** How often a plan is made anew when other processes change the kinds at the same time. */
const mostTries = 20

export function planKind(id: number, stored: StoredKind | undefined, declared: Kind): TablePlan {
  switch (declared.type) {
    case 'document':
      return planDocument(id, stored, declared)
    case 'collection':
      return planCollection(id, stored, declared)
    case 'log':
      return planLog(id, stored, declared)
    case 'artifacts':
      return planArtifacts(id, stored, declared)
    case 'jobs':
      return planJobs(id, stored, declared)
    case 'settings':
      return planSettings(id, stored, declared)
    case 'sessions':
      return planSessions(id, stored, declared)
  }
}

/**
 * Applies new kinds and indexes, once however many processes do so together: a plan runs only if the kinds are still those
 * it was made for.
 *
 * @throws HoldfastError UNIQUE_CONFLICT when records share the values of a new unique index, STATE_CHANGED when a kind has another
 * type or key than in the store, under one version, STORE_NEWER when a newer program has migrated the store
 */
export async function reconcileKinds(
  backend: Backend,
  { kinds, version }: StateDefinition,
  { directory, deadlineMs }: { readonly directory: string; readonly deadlineMs: number },
): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const layout = readLayout(backend.main)
    isOlder(backend.main, version, directory)
    const steps = planSteps(backend.main, kinds)
    if (steps.length === 0) return
    const script: Script = { guards: [layout], steps: [...steps, countLayout(layout.answer)], deadlineMs }
    if (await run(backend, kinds, script)) return
  }
  throw new HoldfastError('STORE_BUSY', 'Other processes kept changing the kinds of the store.', { waitedMs: deadlineMs })
}

async function run(backend: Backend, kinds: Kinds, script: Script): Promise<boolean> {
  try {
    return await backend.runScript(script)
  } catch (error) {
    throw findDuplicate(backend.main, kinds) ?? error
  }
}

/** All steps from what is stored to what is declared; none when nothing is to be done. */
export function planSteps(main: Connection, kinds: Kinds): Step[] {
  const stored = readStoredKinds(main)
  let nextId = Math.max(0, ...[...stored.values()].map(({ id }) => id))
  const steps: Step[] = []
  for (const [name, kind] of Object.entries(kinds)) {
    if (!isOnDisk(kind)) continue
    const there = stored.get(name)
    if (there !== undefined) assertSameKind(name, there, kind)
    const id = there?.id ?? (nextId += 1)
    const plan = planKind(id, there, kind)
    const description = JSON.stringify(plan.description)
    if (there !== undefined && JSON.stringify(there.description) === description) continue
    steps.push(...plan.steps)
    steps.push([
      'INSERT INTO hf_kind (id, name, description) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET description = excluded.description',
      id,
      name,
      description,
    ])
  }
  return steps
}

/** Reports what the store has and the program no longer declares. */
export function reportKept(main: Connection, kinds: Kinds, report: Report): void {
  for (const [name, stored] of readStoredKinds(main)) {
    const declared = kinds[name]
    if (declared === undefined || !isOnDisk(declared)) {
      report({ type: 'kept', message: `The kind "${name}" is in the store and no longer declared; it is kept until a migration drops it.` })
      continue
    }
    const { kept } = planKind(stored.id, stored, declared)
    for (const index of kept)
      report({ type: 'kept', message: `The index "${index}" of "${name}" is in the store and no longer declared; it is kept.` })
  }
}

function assertSameKind(name: string, stored: StoredKind, declared: Kind): void {
  const difference = findIncompatibility(stored.description as unknown as KindDescription, describeKind(declared))
  if (difference === undefined) return
  const { what, stored: before, declared: now } = difference
  throw new HoldfastError('STATE_CHANGED', `The ${what} of "${name}" is ${before} in the store and ${now} in the declaration.`, {
    kind: name,
    ...difference,
  })
}

/** Counts the changes of tables; read before a plan is made, it guards that plan. */
function readLayout(main: Connection): Script['guards'][number] {
  const query: Step = ["SELECT value FROM hf_meta WHERE name = 'layout'"]
  return { query, answer: main.prepare(query[0]).get() ?? null }
}

/** Tells other processes that tables have changed. */
export function countLayout(layout: Row | null): Step {
  return [writeMeta, 'layout', Number(layout?.[0] ?? 0) + 1]
}
