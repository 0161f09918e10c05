/** A document's table: a table of records with one record, whose key is `''`. */
import type { StoredKind, TablePlan } from '../../engine/kind-runtime.ts'
import { createRecordTable } from '../../engine/records/record-table.ts'
import { describeKind } from '../../state/description.ts'
import type { DocumentKind } from '../../state/document-kind.ts'

export function planDocument(id: number, stored: StoredKind | undefined, declared: DocumentKind): TablePlan {
  return {
    description: { ...describeKind(declared) },
    steps: stored === undefined ? [[createRecordTable(id, [])]] : [],
    kept: [],
  }
}
