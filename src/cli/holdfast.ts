#!/usr/bin/env node
/** The `holdfast` command. On a Node that is too old it says so in one sentence, before anything newer is loaded. */
import { findRuntimeProblem } from '../base/runtime.ts'

const problem = findRuntimeProblem(process.versions.node)
if (problem === undefined) {
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
} else {
  process.stderr.write(`holdfast: ${problem}\n`)
  process.exitCode = 69
}
