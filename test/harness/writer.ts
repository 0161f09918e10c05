/** A writer process: opens the store, commits until it is killed or asked to stop. Told what to do by its one argument. */
import { openStoreWith } from '../../src/store/open-store.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { tell } from './pipe.ts'
import { SeededRandom } from './seeded-random.ts'
import { type HarnessStore, stateAt } from './state.ts'
import { Workload } from './workload.ts'
import type { WriterSetup } from './writer-setup.ts'

const setup = JSON.parse(process.argv[2] ?? '{}') as WriterSetup
const { plant } = setup
const isEnginePlant = plant === 'acknowledge-before-sync' || plant === 'publish-before-sync'

process.on('unhandledRejection', (error) => tell('trouble', `unhandled: ${error instanceof Error ? error.stack : String(error)}`))

const seams = {
  ...systemSeams(),
  observe: (phase: string, edge: 'begin' | 'end') => tell('phase', phase, edge),
  ...(setup.bootId === undefined ? {} : { bootId: setup.bootId }),
  ...(isEnginePlant ? { plantedBug: plant } : {}),
}

const store: HarnessStore = await openStoreWith(seams, stateAt(setup.version), {
  directory: setup.directory,
  driver: setup.driver,
  history: { maxAgeMs: 7 * 24 * 60 * 60 * 1000, maxBytes: 1, minCommits: setup.minCommits },
  report: ({ type, message, error }) => {
    // Only a harness that cuts power expects this.
    if (type === 'history-lost' && setup.bootId !== undefined) tell('found', 'report', type)
    else tell('trouble', `${type}: ${message} ${error instanceof Error ? error.message : ''}`)
  },
})
const workload = new Workload(store, setup, new SeededRandom(`${setup.seed}/${setup.writer}/${setup.life}`))
process.once('SIGTERM', () => workload.stop())
tell('open')
if (setup.follow) void follow()
await workload.run()
await store.close()

async function follow(): Promise<void> {
  try {
    for await (const { revision, cursor, label } of store.follow({ after: store.cursor })) tell('seen', revision, cursor, label ?? '')
  } catch (error) {
    tell('trouble', `the follower ended: ${String(error)}`)
  }
}
