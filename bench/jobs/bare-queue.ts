/** The rows of enqueued jobs, written by prepared statements alone: the same tables, indexes, counts, bytes and history rows. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { changeHeads, encodePut } from '../../src/engine/history/encode-change.ts'
import { firstChain, nextChain } from '../../src/engine/identity.ts'
import { recordCrc } from '../../src/engine/records/record-table.ts'
import { createColumns } from '../../src/kinds/collection/columns.ts'
import { columnNames, layoutOf } from '../../src/kinds/collection/tables.ts'
import { JobIds } from '../../src/kinds/jobs/job-ids.ts'
import { planJobs } from '../../src/kinds/jobs/tables.ts'
import type { Bind } from '../../src/sqlite/driver.ts'
import { createSystemTables } from '../../src/sqlite/tables.ts'
import { type BareConnection, type BareOptions, type BareStatement, openBare } from '../bare/bare-connection.ts'
import { queueKind, scanOf } from './bench-queue.ts'

const id = 1
const plan = planJobs(id, undefined, queueKind)
const layout = layoutOf({ id, name: 'scans', description: plan.description })
const columns = createColumns(id, 'scans', layout)
const encoded = { isHashed: false, heads: changeHeads(id, false) }

/** What one commit writes. */
export interface CommitRows {
  readonly jobs: readonly (readonly Bind[])[]
  readonly history: readonly Bind[]
}

export class BareQueue {
  readonly #connection: BareConnection
  readonly #insert: BareStatement
  readonly #history: BareStatement
  readonly #count: BareStatement
  readonly #begin: BareStatement
  readonly #commit: BareStatement
  readonly #ids = new JobIds()
  #chain = firstChain('bare')
  #revision = 0
  #position = 0

  constructor(directory: string, options: Omit<BareOptions, 'file'>) {
    mkdirSync(directory, { recursive: true })
    this.#connection = openBare({ ...options, file: join(directory, 'store.db') })
    this.#connection.exec(createSystemTables)
    for (const [sql, ...binds] of plan.steps) this.#connection.action(sql).run(...binds)
    const names = ['key', 'value', 'revision', 'at', 'crc', ...columnNames(layout)]
    this.#insert = this.#connection.action(`INSERT INTO k${id} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
    this.#history = this.#connection.action('INSERT INTO hf_commit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#count = this.#connection.action(`UPDATE k${id}_count SET n = n + ? WHERE state = ?`)
    this.#begin = this.#connection.action('BEGIN IMMEDIATE')
    this.#commit = this.#connection.action('COMMIT')
  }

  /** Made before the time is taken. */
  prepare(first: number, count: number): CommitRows {
    const at = 1_790_000_000_000 + first
    this.#revision += 1
    const revision = this.#revision
    const made = Array.from({ length: count }, (_, i) => {
      const key = this.#ids.next(at)
      const job = { id: key, state: 'queued', input: scanOf(first + i), priority: 0, attempt: 0, attempts: 3, runAt: at, createdAt: at }
      return { key, text: JSON.stringify(job), cells: columns.columnsOf(key, job) }
    })
    const changes = `[${made.map(({ key, text }) => encodePut(encoded, key, text, undefined)).join(',')}]`
    const commit = { revision, at, instance: 'bareness', counter: revision, actor: null, label: null, changes }
    this.#chain = nextChain(this.#chain, commit)
    this.#position += Buffer.byteLength(changes) + 96
    return {
      jobs: made.map(({ key, text, cells }) => [key, text, revision, at, recordCrc(id, key, revision, text), ...cells]),
      history: [revision, this.#chain, at, 'bareness', revision, null, null, this.#position, changes],
    }
  }

  write({ jobs, history }: CommitRows): void {
    this.#begin.run()
    for (const job of jobs) this.#insert.run(...job)
    this.#count.run(jobs.length, 'queued')
    this.#history.run(...history)
    this.#commit.run()
  }

  close(): void {
    this.#connection.close()
  }
}
