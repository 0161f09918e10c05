/** netscan: scans this machine or a target, and shows what the store holds while it is written. */
import { help, readArguments } from './arguments.ts'
import { cancelJobs, requestReport } from './ask-store.ts'
import { isHoldfastError } from './holdfast.ts'
import { runScan } from './run-scan.ts'
import { serveScans } from './serve-scans.ts'
import { ScannerError } from './scan/scanner.ts'
import { printable } from './terminal/printable.ts'
import { UsageError } from './usage-error.ts'
import { followStore, printStore } from './watch-store.ts'

async function main(): Promise<void> {
  const args = readArguments(process.argv.slice(2))
  if (args.mode === 'help') process.stdout.write(help)
  else if (args.mode === 'follow') await followStore(args.directory, process.stdout)
  else if (args.mode === 'once') await printStore(args.directory, process.stdout)
  else if (args.mode === 'cancel') await cancelJobs(args, process.stdout)
  else if (args.mode === 'report') await requestReport(args, process.stdout)
  else if (args.mode === 'scan') await runScan(args, process.stdout)
  else await serveScans(args, process.stdout)
}

/** Mistakes and troubles with a known way out are told in a sentence; everything else is a bug and shows where. */
function tell(error: unknown): number {
  if (error instanceof UsageError) return tellSentence(error.message, 2)
  if (error instanceof ScannerError) return tellSentence(error.message, 1)
  if (isHoldfastError(error, 'STORE_ABSENT'))
    return tellSentence(`There is no store in ${error.details.directory} yet. Start a scan first: npm start`, 1)
  if (isHoldfastError(error)) return tellSentence(`${error.code}: ${error.message}`, error.traits.exitCode)
  console.error(error)
  return 1
}

function tellSentence(sentence: string, exitCode: number): number {
  process.stderr.write(`netscan: ${printable(sentence)}\n`)
  return exitCode
}

// A reader that has gone, as in `npm start | head`, is no trouble.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  await main()
} catch (error) {
  process.exitCode = tell(error)
}
