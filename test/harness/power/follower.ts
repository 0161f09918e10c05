/** A process that only follows: another process's window on the store. Told what to do by its one argument. */
import { systemSeams } from '../../../src/engine/seams.ts'
import type { DriverName } from '../../../src/index.ts'
import { openStoreWith } from '../../../src/store/open-store.ts'
import { tell } from '../pipe.ts'
import { type HarnessStore, stateAt } from '../state.ts'
import type { EnginePlant } from '../writer-setup.ts'

export interface FollowerSetup {
  readonly directory: string
  readonly driver: DriverName
  readonly bootId: string
  readonly plant?: EnginePlant
}

const { directory, driver, bootId, plant } = JSON.parse(process.argv[2] ?? '{}') as FollowerSetup
const seams = { ...systemSeams(), bootId, ...(plant && { plantedBug: plant }) }
const store: HarnessStore = await openStoreWith(seams, stateAt(1), { directory, driver, report: () => undefined })
tell('open')
for await (const { revision, cursor, label } of store.follow({ after: store.cursor })) tell('seen', revision, cursor, label ?? '')
