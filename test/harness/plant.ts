/** Bugs planted in the writer's own program, to show that the harness would notice such a bug of the engine (oracle O8). */
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { tell } from './pipe.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { HarnessStore, HarnessTx } from './state.ts'
import type { WriterSetup } from './writer-setup.ts'

export interface Planting {
  readonly store: HarnessStore
  readonly label: string
  readonly setup: WriterSetup
  readonly random: SeededRandom
}

type Callback = (tx: HarnessTx) => void

/** The callback, with the bug that the setup asks for. */
export function plantInto(callback: Callback, planting: Planting): Callback {
  switch (planting.setup.plant) {
    case 'acknowledge-before-promise':
      return acknowledgeEarly(callback, planting)
    case 'split-commit':
      return split(callback, planting)
    case 'write-past-history':
      return writePastHistory(callback, planting)
    default:
      return callback
  }
}

/** As if an engine resolved a commit's promise when its callback has run, before COMMIT. */
function acknowledgeEarly(callback: Callback, { label }: Planting): Callback {
  return (tx) => {
    callback(tx)
    const [last] = tx.events.read({ limit: 1 })
    if (last?.value.by === label) tell('ack', label, last.revision, true, 'process')
  }
}

/** As if an engine made two transactions of one commit: a record comes later than the rest. */
function split(callback: Callback, { store, label, setup, random }: Planting): Callback {
  if (!random.chance(0.05)) return callback
  return (tx) => {
    const { put } = tx.items
    let late: Parameters<typeof put> | undefined
    tx.items.put = (...args) => {
      if (late === undefined) late = args
      else put.apply(tx.items, args)
    }
    callback(tx)
    const [record] = late ?? []
    if (record === undefined) return
    queueMicrotask(() => {
      store.commit((later) => later.items.put(record), { label, actor: setup.writer }).catch(() => undefined)
    })
  }
}

/** As if an engine changed a record and left it out of the history. */
function writePastHistory(callback: Callback, { setup, random }: Planting): Callback {
  return (tx) => {
    callback(tx)
    if (setup.driver !== 'node:sqlite' || !random.chance(0.02)) return
    setImmediate(() => {
      const database = new DatabaseSync(join(setup.directory, 'store.db'), { timeout: 1000 })
      database.exec('DELETE FROM k2 WHERE row = (SELECT max(row) FROM k2)')
      database.close()
    })
  }
}
