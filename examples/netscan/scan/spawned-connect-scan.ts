/** The TCP connect scan in a child process, so that it ends with the job whatever it is busy with. */
import * as path from 'node:path'
import { Child, describeEnd } from '../child.ts'
import { HostStep, type ScannerRun, type ScanPlan, type ScanStep, ScannerError } from './scanner.ts'

const program = path.join(import.meta.dirname, 'connect-scan-program.ts')

/** @throws ScannerError when the child ends before its work is done */
export async function* spawnedConnectScan(plan: ScanPlan, { spawn, signal }: ScannerRun): AsyncGenerator<ScanStep, void, undefined> {
  signal.throwIfAborted()
  const child = await Child.start(process.execPath, { spawn, args: [program], input: `${JSON.stringify(plan)}\n` })
  for await (const line of child.lines()) yield HostStep.parse(JSON.parse(line))
  const end = await child.end()
  signal.throwIfAborted()
  if (end.code !== 0) throw new ScannerError(describeEnd('The scan', end))
}
