import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openStore } from '../../src/index.ts'
import { openBare } from '../bare/bare-connection.ts'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { Child } from '../harness/child.ts'
import { type Contender, race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'
import { benchState } from '../workload/bench-state.ts'
import { recordsStore } from '../workload/build-stores.ts'

export const open1m: Benchmark = {
  name: 'open-1m',
  about: 'opening a store of 1,000,000 records, clean and after kill -9 with a full log, against opening an empty one',
  run: runOpenings,
}

async function runOpenings(context: Context): Promise<readonly Figure[]> {
  const { sizes, workspace } = context
  const empty = workspace.directory('open-empty')
  const large = await recordsStore(context, sizes.many)
  const contenders = {
    empty: createOpening(context, empty),
    large: createOpening(context, large),
    killed: { ...createOpening(context, large), prepare: () => killWithFullLog(context, large) },
    bare: { ...createBareOpening(context, large), prepare: () => killWithFullLog(context, large) },
  }
  const laps = await race(contenders, sizes.openings)
  const name = 'open-1m'
  const unit = 'ms'
  const note = 'of opening an empty store'
  return [
    { name, unit, value: median(laps.large.wallMs), ...ratiosOf(laps.large, laps.empty), reach: atMost(2), note },
    { name: `${name}/after-kill`, unit, value: median(laps.killed.wallMs), ...ratiosOf(laps.killed, laps.empty), reach: atMost(2), note },
    { name: `${name}/empty`, unit, value: median(laps.empty.wallMs) },
    { name: `${name}/bare-after-kill`, unit, value: median(laps.bare.wallMs), note: 'a bare connection and one read after the same kill' },
  ]
}

/** Opens and reads once; closes outside the time. */
function createOpening({ driver }: Context, directory: string): Contender {
  let close: () => Promise<void> = async () => undefined
  return {
    async run() {
      const store = await openStore(benchState, { directory, driver })
      store.hosts.get('none')
      close = () => store.close()
    },
    finish: () => close(),
  }
}

function createBareOpening({ driver }: Context, directory: string): Contender {
  let close: () => void = () => undefined
  return {
    run() {
      const bare = openBare({ driver, file: join(directory, 'store.db') })
      bare.query('SELECT value FROM k1 WHERE key = ?').get('none')
      close = () => bare.close()
    },
    finish: () => close(),
  }
}

/** Near to where the log is emptied. */
const fullLogBytes = 30 * 1024 * 1024

/** Has another process write until its log is full, and kills it. */
async function killWithFullLog({ driver, sizes }: Context, directory: string): Promise<void> {
  const child = new Child(new URL('saturating.child.ts', import.meta.url), { directory, driver, writers: sizes.writers })
  await child.next()
  const wanted = Math.min(fullLogBytes, sizes.many * 30)
  while (statSync(join(directory, 'store.db-wal')).size < wanted) await delay(1)
  await child.kill()
}
