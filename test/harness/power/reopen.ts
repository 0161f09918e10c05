/**
 * The first process after power came back: asks what became of cursors, writes on until every revision they name has been
 * passed, and asks again. Told what to do by its one argument.
 */
import { systemSeams } from '../../../src/engine/seams.ts'
import { type DriverName, isHoldfastError } from '../../../src/index.ts'
import { openStoreWith } from '../../../src/store/open-store.ts'
import { tell } from '../pipe.ts'
import { type HarnessStore, stateAt } from '../state.ts'
import { perform } from '../commit-plan.ts'

export interface ReopenSetup {
  readonly directory: string
  readonly driver: DriverName
  readonly bootId: string
  /** Its name as a writer. */
  readonly writer: string
  readonly life: number
  readonly cursors: readonly string[]
  /** Revision to write past. */
  readonly passRevision: number
}

const setup = JSON.parse(process.argv[2] ?? '{}') as ReopenSetup
const { directory, driver, bootId, writer, life, cursors, passRevision } = setup
const store: HarnessStore = await openStoreWith({ ...systemSeams(), bootId }, stateAt(1), {
  directory,
  driver,
  report: ({ type, message }) => (type === 'history-lost' ? tell('found', 'report', type) : tell('trouble', message)),
})
tell('open')
const cursorBefore = store.cursor
await commit(1)
for (const cursor of cursors) tell('found', `at once ${cursor}`, await resume(cursor))
for (let count = 2; revisionNow() <= passRevision; count += 1) await commit(count)
for (const cursor of cursors) tell('found', `later ${cursor}`, await resume(cursor))
// Whoever follows from where the store was when it came back meets no surprise.
tell('found', 'resumed', await resume(cursorBefore))
await store.close()

/** `revision label` of the first commit after a cursor, or why there is none. */
async function resume(after: string): Promise<string> {
  try {
    for await (const { revision, label } of store.follow({ after })) return `${revision} ${label ?? ''}`
    return 'ended'
  } catch (error) {
    return isHoldfastError(error) ? error.code : String(error)
  }
}

async function commit(count: number): Promise<void> {
  const label = `${writer}.${life}.${count}`
  tell('issue', label)
  const { revision, changed } = await store.commit((tx) => perform(tx, { label, writes: [] }), { label, actor: writer })
  tell('ack', label, revision, changed, 'power')
}

function revisionNow(): number {
  return store.health().revision
}
