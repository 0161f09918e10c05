/**
 * A short session on a store, the same system calls each time: open, which may create or migrate; commits of each sort, one after
 * another and several at once; prune; close. Told what to do by its one argument.
 */
import { systemSeams } from '../../../src/engine/seams.ts'
import { type CommitOptions, type Durability, isHoldfastError } from '../../../src/index.ts'
import { openStoreWith } from '../../../src/store/open-store.ts'
import { perform, type Write } from '../commit-plan.ts'
import { tell } from '../pipe.ts'
import { seal } from '../record-body.ts'
import { type HarnessStore, stateAt } from '../state.ts'
import { keptCommits, type SessionSetup } from './session-setup.ts'

const setup = JSON.parse(process.argv[2] ?? '{}') as SessionSetup
let count = 0

try {
  const store = await open()
  tell('open')
  await work(store)
  await store.close()
  tell('found', 'closed', '')
} catch (error) {
  tell('found', 'ended', isHoldfastError(error) ? error.code : String(error))
}

function open(): Promise<HarnessStore> {
  const { directory, driver, version } = setup
  return openStoreWith(systemSeams(), stateAt(version), {
    directory,
    driver,
    history: { maxBytes: 1, minCommits: keptCommits },
    commitDeadlineMs: 1000,
    report: ({ type }) => tell('found', 'report', type),
  })
}

async function work(store: HarnessStore): Promise<void> {
  for (const key of ['a', 'b', 'c']) await commit(store, [put(key, 40)], 'power')
  await commit(store, [put('a', 300), append('x'), remove('b')], 'process')
  await commit(store, [put('large', 30_000)], 'power')
  await commit(store, [append('y')], 'power', true)
  await Promise.all(['d', 'e', 'f'].map((key, i) => commit(store, [put(key, 40), append('z')], i === 1 ? 'process' : 'power')))
  await store.prune().catch(() => undefined)
  await commit(store, [remove('a')], 'power')
}

async function commit(store: HarnessStore, writes: readonly Write[], durability: Durability, hasId = false): Promise<void> {
  count += 1
  const label = `s.${setup.life}.${count}${hasId ? 'i' : ''}`
  const options: CommitOptions = { label, actor: 's', durability, ...(hasId ? { id: label, action: 'write' } : {}) }
  tell('issue', label)
  try {
    const { revision, changed } = await store.commit((tx) => perform(tx, { label, writes }), options)
    tell('ack', label, revision, changed, durability)
  } catch (error) {
    if (!isHoldfastError(error)) return tell('trouble', `${label}: ${String(error)}`)
    if (isHoldfastError(error, 'COMMIT_UNKNOWN')) await lookUp(store, label, error.details.token)
    else tell('fail', label, error.code)
  }
}

/** A commit in doubt: what the store says of it must be so. */
async function lookUp(store: HarnessStore, label: string, token: string): Promise<void> {
  tell('found', 'unknown', label)
  try {
    const found = await store.lookup(token)
    if (found.outcome === 'committed') tell('ack', label, found.revision, true, 'power')
    if (found.outcome === 'absent') tell('fail', label, 'ABSENT')
  } catch (error) {
    tell('found', 'lookup', isHoldfastError(error) ? error.code : String(error))
  }
}

function put(key: string, length: number): Write {
  return (tx, by) => {
    tx.items.put(seal({ key, by, group: 'session', rank: length, pad: 'p'.repeat(length) }))
    return `put items ${key}`
  }
}

function remove(key: string): Write {
  return (tx) => (tx.items.delete(key) ? `delete items ${key}` : undefined)
}

function append(stream: string): Write {
  return (tx, by) => {
    tx.events.append(seal({ by, pad: stream }), { stream })
    return `append ${stream}`
  }
}
