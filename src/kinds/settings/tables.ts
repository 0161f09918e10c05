/** The table of settings: a table of records, of which each is what was set at run time; the key is the setting's name. */
import type { StoredKind, TablePlan } from '../../engine/kind-runtime.ts'
import { createRecordTable } from '../../engine/records/record-table.ts'
import { describeKind } from '../../state/description.ts'
import type { SettingsKind } from '../../state/settings-kind.ts'

export function planSettings(id: number, stored: StoredKind | undefined, declared: SettingsKind): TablePlan {
  return {
    description: { ...describeKind(declared) },
    steps: stored === undefined ? [[createRecordTable(id, [])]] : [],
    kept: [],
  }
}
