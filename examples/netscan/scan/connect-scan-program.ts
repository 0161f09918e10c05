/** The TCP connect scan as a process of its own: takes a plan as the first line of its stdin, and prints each step as a line. */
import { createInterface } from 'node:readline'
import { connectScan } from './connect-scan.ts'
import { ScanPlan } from './scanner.ts'

/** Nobody is there any more who would read of it. */
const gone = new AbortController()

process.stdout.on('error', () => process.exit(0))

async function scan(text: string): Promise<void> {
  for await (const step of connectScan(ScanPlan.parse(JSON.parse(text)), gone.signal)) process.stdout.write(`${JSON.stringify(step)}\n`)
  process.exit(0)
}

// The other end is closed by whoever started this process when it ends, also by kill -9.
const input = createInterface({ input: process.stdin })
input.once('line', (text) => void scan(text))
input.once('close', () => process.exit(0))
