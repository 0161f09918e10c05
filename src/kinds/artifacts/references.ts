/** Which files the records of a store still name: those of all its kinds of artifacts, also of kinds that this program does not declare. */
import type { StoredKind } from '../../engine/kind-runtime.ts'
import { readStoredKinds } from '../../engine/stored-kinds.ts'
import type { Connection, Statement } from '../../sqlite/driver.ts'
import { indexName, layoutOf } from '../collection/tables.ts'

export class References {
  #find: Statement | undefined
  #kinds = 0

  /** Prepares anew; call whenever tables may have changed. */
  attach(connection: Connection): void {
    const kinds = [...readStoredKinds(connection).values()].filter(({ description }) => description.type === 'artifacts')
    const selects = kinds.map(selectByHash)
    this.#kinds = selects.length
    this.#find = selects.length === 0 ? undefined : connection.prepare(`${selects.join(' UNION ALL ')} LIMIT 1`)
  }

  /** Call inside a turn's read transaction or a commit. */
  has(hash: string): boolean {
    return this.#find?.get(...Array.from({ length: this.#kinds }, () => hash)) !== undefined
  }
}

function selectByHash(stored: StoredKind): string {
  const layout = layoutOf(stored)
  const index = layout.indexes.find(({ name }) => name === 'byHash')
  const by = index === undefined ? '' : ` INDEXED BY ${indexName(stored.id, index)}`
  return `SELECT 1 FROM k${stored.id}${by} WHERE f${layout.fields.indexOf('hash')} = ?`
}
