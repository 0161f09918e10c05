import { z } from 'zod'
import { defineState, openStore, setting, settings } from '../../src/index.ts'
import { atLeast, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'

export const settingsGet: Benchmark = {
  name: 'settings-get',
  about: 'settings read over and over in one turn, against a bare Map of frozen values behind one function call',
  run: runSettingsGet,
}

const names = ['theme', 'layout', 'limits', 'hosts', 'title', 'greeting', 'colors', 'columns'] as const
const values = Object.freeze(['a', 'b'])
const list = z.array(z.string())

const benchSettings = defineState({
  name: 'bench-settings',
  version: 1,
  kinds: {
    settings: settings({
      theme: setting(list, { default: values }),
      layout: setting(list, { default: values }),
      limits: setting(list, { default: values }),
      hosts: setting(list, { default: values }),
      title: setting(list, { default: values }),
      greeting: setting(list, { default: values }),
      colors: setting(list, { default: values }),
      columns: setting(list, { default: values }),
    }),
  },
})

/** Reads of each setting in a round: a read takes nanoseconds. */
const timesMore = 100

async function runSettingsGet({ driver, sizes, workspace }: Context): Promise<readonly Figure[]> {
  const store = await openStore(benchSettings, { directory: workspace.directory('settings'), driver })
  await store.settings.set({ theme: ['set'], hosts: ['set'], columns: ['set'] })
  const map = new Map<string, readonly string[]>(names.map((name) => [name, store.settings.get(name)]))
  const bare = (name: string): readonly string[] | undefined => map.get(name)
  const reads = sizes.pointReads * timesMore
  const laps = await race(
    {
      holdfast: { run: () => readAll(reads, (name) => store.settings.get(name)) },
      bare: { run: () => readAll(reads, (name) => bare(name)) },
    },
    sizes.rounds,
  )
  await store.close()
  const perRead = (wallMs: readonly number[]): number => (median(wallMs) * 1e6) / reads
  const ratios = ratiosOf(laps.bare, laps.holdfast)
  return [
    {
      name: 'settings-get',
      unit: 'ns/read',
      value: perRead(laps.holdfast.wallMs),
      ...ratios,
      reach: atLeast(0.8),
      note: 'of the bare speed',
    },
    {
      name: 'settings-get/bare',
      unit: 'ns/read',
      value: perRead(laps.bare.wallMs),
      note: 'a Map of frozen values behind one function call',
    },
  ]
}

/** @throws Error when a setting has no value */
function readAll(reads: number, read: (name: (typeof names)[number]) => readonly string[] | undefined): void {
  let characters = 0
  for (let i = 0; i < reads; i += 1) characters += read(names[i % names.length] ?? 'theme')?.length ?? Number.NaN
  if (!(characters > 0)) throw new Error('A setting has no value')
}
