import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { DriverName } from '../../src/index.ts'

/**
 * Lets another process set the title of a sample while this one does nothing: this turn goes on.
 *
 * @param times so many commits, of the title and a number from 1
 * @returns the cursor after it
 */
export function setTitleMeanwhile(directory: string, driver: DriverName, title: string, times = 1): string {
  const program = join(import.meta.dirname, 'set-title.ts')
  return execFileSync(process.execPath, [program, directory, driver, title, `${times}`], { encoding: 'utf8' })
}
