import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** An empty directory that is gone when the running test is over. Call it before anything that is to be closed first. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'test-')))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}
