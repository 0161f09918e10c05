import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { DriverName } from '../../src/index.ts'

/** Lets another process set the title of a sample while this one does nothing: this turn goes on. Answers with the cursor after it. */
export function setTitleMeanwhile(directory: string, driver: DriverName, title: string): string {
  return execFileSync(process.execPath, [join(import.meta.dirname, 'set-title.ts'), directory, driver, title], { encoding: 'utf8' })
}
