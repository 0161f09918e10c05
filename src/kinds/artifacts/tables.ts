/** The table of a kind of artifacts: that of a collection with fixed indexes. The files are beside the store (files.ts). */
import type { StoredKind, TablePlan } from '../../engine/kind-runtime.ts'
import { planCollection } from '../collection/tables.ts'
import type { ArtifactsKind } from '../../state/artifacts-kind.ts'

export function planArtifacts(id: number, stored: StoredKind | undefined, declared: ArtifactsKind): TablePlan {
  return planCollection(id, stored, declared)
}
