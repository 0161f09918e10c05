import { parseArgs } from 'node:util'
import type { DriverName } from '../../src/index.ts'
import type { Benchmark } from './benchmark.ts'
import type { SizeName } from './sizes.ts'

export interface Arguments {
  readonly chosen: readonly Benchmark[]
  readonly driver: DriverName
  readonly size: SizeName
  readonly isJson: boolean
}

export const usage = 'npm run bench [-- --only NAME[,NAME]] [--json] [--driver node:sqlite|better-sqlite3] [--quick]'

/** @throws TypeError for an unknown option, benchmark or driver */
export function readArguments(given: readonly string[], benchmarks: readonly Benchmark[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      driver: { type: 'string', default: 'node:sqlite' },
      quick: { type: 'boolean', default: false },
    },
  })
  const { driver } = values
  if (driver !== 'node:sqlite' && driver !== 'better-sqlite3') {
    throw new TypeError(`Expected --driver to be node:sqlite or better-sqlite3, got ${driver}`)
  }
  return { chosen: choose(values.only, benchmarks), driver, size: values.quick ? 'quick' : 'full', isJson: values.json }
}

function choose(only: string | undefined, benchmarks: readonly Benchmark[]): readonly Benchmark[] {
  if (only === undefined) return benchmarks
  return only.split(',').map((name) => {
    const found = benchmarks.find((benchmark) => benchmark.name === name)
    if (found === undefined)
      throw new TypeError(`There is no benchmark ${name}; there are ${benchmarks.map((known) => known.name).join(', ')}`)
    return found
  })
}
