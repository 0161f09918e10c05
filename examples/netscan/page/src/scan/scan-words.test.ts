import { expect, test } from 'vitest'
import type { Scan } from '../../../state.ts'
import { announceScan, describeCourse, describeFindings, describePorts, whyNotBegun } from './scan-words.ts'

const progress: NonNullable<Scan['progress']> = {
  phase: 'scanning',
  ...{ message: '', done: 500, total: 1_000, up: 2, open: 3 },
  plan: { scanner: 'connect', ports: '22,80', addresses: 2 },
}
const waiting: Scan = {
  state: 'queued',
  ...{ id: 'a', priority: 0, attempt: 0, attempts: 4, runAt: 0, createdAt: 0 },
  input: { target: '10.0.0.0/24', versions: false },
}
const running: Scan = { ...waiting, state: 'running', attempt: 1, startedAt: 0, progress }
const failed: Scan = { ...running, state: 'failed', attempt: 4, error: { name: 'Error', message: 'no luck' } }

test.each([
  ['1-65535', 'all ports'],
  ['22', 'port 22'],
  ['22,80,8000-8100', 'ports 22, 80, 8000-8100'],
  [Array.from({ length: 54 }, (_, index) => 1_000 + index).join(','), '54 ports'],
])('ports %j', (ports, words) => {
  expect(describePorts(ports)).toBe(words)
})

test.each<[string, Scan, string, string]>([
  ['waits', waiting, '', 'Waiting for its turn.'],
  ['runs', running, '500 of 1,000 ports · 2 up · 3 open', 'ports 22, 80 with TCP connections'],
  [
    'says what it does',
    { ...running, progress: { ...progress, message: 'Service scan 5 %' } },
    '500 of 1,000 ports · 2 up · 3 open',
    'Service scan 5 %',
  ],
  [
    'runs again after a crash',
    { ...running, attempt: 2, reason: 'interrupted' },
    '500 of 1,000 ports · 2 up · 3 open',
    'ports 22, 80 with TCP connections · attempt 2 of 4, after an interruption',
  ],
  [
    'is tried again soon',
    { ...failed, state: 'queued', attempt: 1, reason: 'retrying' },
    '500 of 1,000 ports · 2 up · 3 open',
    'no luck · attempt 2 of 4 soon',
  ],
  ['has failed', failed, '500 of 1,000 ports · 2 up · 3 open', 'no luck · attempt 4 of 4'],
  [
    'is done',
    { ...running, state: 'completed', progress: { ...progress, done: 1_000 }, result: { up: 3, down: 1, open: 4 } },
    '1,000 ports · 3 up · 4 open',
    'ports 22, 80 with TCP connections',
  ],
])('in words: a scan that %s', (_, scan, findings, course) => {
  expect([describeFindings(scan), describeCourse(scan)]).toEqual([findings, course])
})

test('only a scan that found nothing to look at has not begun', () => {
  const { progress: _, ...hopeless } = failed
  expect([undefined, waiting, failed, hopeless].map(whyNotBegun)).toEqual([undefined, undefined, undefined, 'no luck'])
})

test('announced are the states and quarters, not every step', () => {
  const said = new Set(Array.from({ length: 1_001 }, (_, done) => announceScan({ ...running, progress: { ...progress, done } })))
  expect([...said]).toEqual([
    'Scan of 10.0.0.0/24: running',
    'Scan of 10.0.0.0/24: running, 25 %',
    'Scan of 10.0.0.0/24: running, 50 %',
    'Scan of 10.0.0.0/24: running, 75 %',
    'Scan of 10.0.0.0/24: running, 100 %',
  ])
  expect(announceScan({ ...running, state: 'completed' })).toBe('Scan of 10.0.0.0/24: done')
  expect(announceScan(failed)).toBe('Scan of 10.0.0.0/24: failed. no luck')
})
