import { expect, test } from 'vitest'
import { announceScan, describePorts, describeRuns, describeState, percentOf, type ShownScan } from './scan-words.ts'

const scan = (state: string, done: number, total = 1_000): ShownScan => ({
  id: 'a',
  target: '10.0.0.0/24',
  hostNames: [],
  scanner: 'connect',
  state,
  run: 1,
  startedAt: 0,
  ports: '22',
  versions: false,
  pending: [],
  probes: { done, total },
})

test.each([
  ['queued', 'Queued'],
  ['running', 'Running'],
  ['finished', 'Done'],
  ['interrupted', 'Interrupted'],
  ['failed', 'Failed'],
  ['paused', 'paused'],
])('the state %s', (state, label) => {
  expect(describeState(state).label).toBe(label)
})

test('percent is whole, and 100 only at the end', () => {
  expect([scan('running', 999), scan('running', 1_000), scan('queued', 0, 0)].map(percentOf)).toEqual([99, 100, 0])
})

test.each([
  ['1-65535', 'all ports'],
  ['22', 'port 22'],
  ['22,80,8000-8100', 'ports 22, 80, 8000-8100'],
  [Array.from({ length: 54 }, (_, index) => 1_000 + index).join(','), '54 ports'],
])('ports %j', (ports, words) => {
  expect(describePorts(ports)).toBe(words)
})

test('how often it was resumed', () => {
  expect([1, 2, 3, 4].map(describeRuns)).toEqual(['', 'resumed once', 'resumed twice', 'resumed 3 times'])
})

test('announced are the states and quarters, not every step', () => {
  const said = new Set(Array.from({ length: 1_001 }, (_, done) => announceScan(scan('running', done))))
  expect([...said]).toEqual([
    'Scan of 10.0.0.0/24: running',
    'Scan of 10.0.0.0/24: running, 25 %',
    'Scan of 10.0.0.0/24: running, 50 %',
    'Scan of 10.0.0.0/24: running, 75 %',
    'Scan of 10.0.0.0/24: running, 100 %',
  ])
  expect(announceScan(scan('finished', 1_000))).toBe('Scan of 10.0.0.0/24: done')
})
