import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import type { ReportEvent } from '../../base/report.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts'
import { Claim } from './claim.ts'
import { Collector } from './collector.ts'
import { ArtifactFiles } from './files.ts'
import { References } from './references.ts'

const hash = 'ab'.repeat(32)

/** Records that name the file, or do not, as the test says. */
class GivenReferences extends References {
  isNamed = false

  override has(): boolean {
    return this.isNamed
  }
}

test('[A2] a file moved away in a commit that fails comes back as soon as the disk lets it, if a record names it after all', async () => {
  const files = new ArtifactFiles(temporaryDirectory())
  const file = files.pathOf(hash)
  mkdirSync(dirname(file))
  writeFileSync(file, 'bytes')
  const references = new GivenReferences()
  const clock = new ManualClock()
  const reports: ReportEvent[] = []
  let failures = 2
  const services = {
    clock,
    report: (event: ReportEvent) => reports.push(event),
    // As a group whose COMMIT the disk refuses: the callback has run, and the deletion it saw is taken back with its transaction.
    async commit(_kind: string, write: (tx: never) => unknown) {
      if (failures > 0) {
        if (failures === 2) write(undefined as never)
        failures -= 1
        references.isNamed = true
        throw new Error('the disk is full')
      }
      return { revision: 1, changed: false, value: write(undefined as never) }
    },
  } as unknown as KindServices
  const claim = new Claim(files)
  const collector = new Collector({ kind: 'reports', files, claim, references, services })
  collector.note(hash)
  await collector.idle()
  expect(existsSync(file)).toBe(false)
  expect(reports.map(({ type }) => type)).toEqual(['background-failed'])
  await clock.pass(1000)
  await expect.poll(() => existsSync(file)).toBe(true)
  await collector.stop()
  await claim.release()
})
