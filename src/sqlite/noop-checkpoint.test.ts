import { expect, test } from 'vitest'
import { knowsNoopCheckpoint } from './noop-checkpoint.ts'

test('[D2] SQLite 3.51 and later is asked how much of the log is in use', () => {
  const versions = ['3.44.6', '3.50.7', '3.51.3', '3.53.4', '4.0.0']
  expect(versions.map(knowsNoopCheckpoint)).toEqual([false, false, true, true, true])
})
