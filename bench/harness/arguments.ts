import type { DriverName } from '../../src/index.ts'
import { drivers, type FlagRule, parseFlags } from '../../test/harness/flags.ts'
import type { Benchmark } from './benchmark.ts'
import type { SizeName } from './sizes.ts'

export interface Arguments {
  readonly chosen: readonly Benchmark[]
  readonly driver: DriverName
  readonly size: SizeName
  readonly isJson: boolean
}

export function usageOf(benchmarks: readonly Benchmark[]): string {
  const lines = benchmarks.map(({ name, about }) => `  ${name.padEnd(30)}${about}`)
  return `npm run bench -- [--only NAME[,NAME]] [--json] [--driver node:sqlite|better-sqlite3] [--quick]\n\n${lines.join('\n')}`
}

/** @throws TypeError for an unknown option, benchmark or driver */
export function readArguments(given: readonly string[], benchmarks: readonly Benchmark[]): Arguments {
  const names = benchmarks.map(({ name }) => name)
  const { only, driver, quick, json } = parseFlags(given, {
    options: {
      only: { type: 'string', default: names.join(',') },
      json: { type: 'boolean', default: false },
      driver: { type: 'string', default: 'node:sqlite' },
      quick: { type: 'boolean', default: false },
    },
    rules: { only: listOf(names), driver: drivers },
  })
  const wanted = only.split(',')
  return {
    chosen: wanted.flatMap((name) => benchmarks.filter((benchmark) => benchmark.name === name)),
    driver: driver as DriverName,
    size: quick ? 'quick' : 'full',
    isJson: json,
  }
}

function listOf(names: readonly string[]): FlagRule {
  return {
    expected: 'names of benchmarks with commas between them',
    accepts: (text) => text.split(',').every((name) => names.includes(name)),
  }
}
