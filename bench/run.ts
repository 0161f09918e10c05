/** `npm run bench`: runs benchmarks and prints their figures. Informs; fails only when a benchmark itself breaks. */
import { readOrExplain } from '../test/harness/flags.ts'
import { readArguments, usageOf } from './harness/arguments.ts'
import { type Figure, isReached } from './harness/benchmark.ts'
import { tableHead, toJsonLine, toRow } from './harness/report.ts'
import { sizes } from './harness/sizes.ts'
import { Workspace } from './harness/workspace.ts'
import { benchmarks } from './registry.ts'

const { chosen, driver, size, isJson } = readOrExplain(usageOf(benchmarks), (given) => readArguments(given, benchmarks))
await run()

async function run(): Promise<void> {
  const workspace = new Workspace()
  const figures: Figure[] = []
  if (!isJson) console.log(tableHead(driver))
  try {
    for (const benchmark of chosen) {
      if (!isJson) console.log(`\n${benchmark.name}: ${benchmark.about}`)
      for (const figure of await benchmark.run({ driver, sizes: sizes[size], workspace })) {
        figures.push(figure)
        console.log(isJson ? toJsonLine(figure, driver) : toRow(figure))
      }
    }
  } finally {
    workspace.dispose()
  }
  if (!isJson) console.log(summarize(figures))
}

function summarize(figures: readonly Figure[]): string {
  const verdicts = figures.map(isReached).filter((reached) => reached !== undefined)
  return `\n${verdicts.filter(Boolean).length} of ${verdicts.length} figures reach what they should.`
}
