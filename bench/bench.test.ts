/** Shows that every benchmark still runs and answers under its name. Nothing here asserts a time. */
import { afterAll, expect, test } from 'vitest'
import { readArguments } from './harness/arguments.ts'
import { isReached } from './harness/benchmark.ts'
import { toJsonLine, toRow } from './harness/report.ts'
import { sizes } from './harness/sizes.ts'
import { median, percentile } from './harness/statistics.ts'
import { Workspace } from './harness/workspace.ts'
import { benchmarks } from './registry.ts'

const workspace = new Workspace()
afterAll(() => workspace.dispose())

test.each(benchmarks.map((benchmark) => [benchmark.name, benchmark] as const))('%s runs', async (name, benchmark) => {
  const figures = await benchmark.run({ driver: 'node:sqlite', sizes: sizes.tiny, workspace })
  expect(figures[0]?.name).toBe(name)
  for (const figure of figures) {
    expect(figure.name === name || figure.name.startsWith(`${name}/`) || figure.name.startsWith(`${name}-`), figure.name).toBe(true)
    expect(figure.value, figure.name).not.toBeNaN()
    expect(Object.keys(JSON.parse(toJsonLine(figure, 'node:sqlite')))).toEqual([
      'name',
      'unit',
      'value',
      'limit',
      'ratio',
      'driver',
      'node',
    ])
    expect(toRow(figure)).toContain(figure.unit)
  }
})

test('figures are held against their reach', () => {
  const figure = { name: 'a', unit: 'ms', value: 10, ratio: 2 }
  expect(isReached(figure)).toBeUndefined()
  expect(isReached({ ...figure, reach: { of: 'ratio', is: 'at least', limit: 2 } })).toBe(true)
  expect(isReached({ ...figure, reach: { of: 'ratio', is: 'at most', limit: 1.9 } })).toBe(false)
  expect(isReached({ ...figure, reach: { of: 'value', is: 'at most', limit: 9 } })).toBe(false)
})

test('medians and percentiles', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1)
  expect(percentile(hundred, 0.99)).toBe(99)
  expect(percentile([5], 0.99)).toBe(5)
  expect(() => median([])).toThrow(RangeError)
})

test('arguments choose benchmarks, and unknown ones are refused', () => {
  const { chosen, size, driver } = readArguments(['--only', 'idle,open-1m', '--quick', '--driver', 'better-sqlite3'], benchmarks)
  expect(chosen.map(({ name }) => name)).toEqual(['idle', 'open-1m'])
  expect({ size, driver }).toEqual({ size: 'quick', driver: 'better-sqlite3' })
  expect(() => readArguments(['--only', 'nothing'], benchmarks)).toThrow(TypeError)
  expect(() => readArguments(['--driver', 'postgres'], benchmarks)).toThrow(TypeError)
  expect(() => readArguments(['--slow'], benchmarks)).toThrow(TypeError)
})
