import { join } from 'node:path'
import { measurePageBytes } from '../../scripts/build/page-bytes.ts'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { buildPackage } from '../harness/built-package.ts'

export const clientSize: Benchmark = {
  name: 'client-size',
  about: 'what holdfast/client adds to a page, minified and gzipped',
  run: runSize,
}

async function runSize({ workspace }: Context): Promise<readonly Figure[]> {
  const { minified, gzipped } = await measurePageBytes(join(await buildPackage(workspace), 'client.js'))
  const name = 'client-size'
  return [
    { name, unit: 'bytes', value: gzipped, reach: atMost(8000, 'value'), note: 'gzip -9' },
    { name: `${name}/minified`, unit: 'bytes', value: minified },
  ]
}
