import { join } from 'node:path'
import { measureHooksBytes, measurePageBytes } from '../../scripts/build/page-bytes.ts'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { buildPackage } from '../harness/built-package.ts'

export const clientSize: Benchmark = {
  name: 'client-size',
  about: 'what holdfast/client adds to a page, and holdfast/react beside it, minified and gzipped',
  run: runSize,
}

async function runSize({ workspace }: Context): Promise<readonly Figure[]> {
  const dist = await buildPackage(workspace)
  const { minified, gzipped } = await measurePageBytes(join(dist, 'client.js'))
  const hooks = await measureHooksBytes(dist)
  const name = 'client-size'
  return [
    { name, unit: 'bytes', value: gzipped, reach: atMost(8000, 'value'), note: 'gzip -9' },
    { name: `${name}/minified`, unit: 'bytes', value: minified },
    {
      name: `${name}/react`,
      unit: 'bytes',
      value: hooks.gzipped,
      reach: atMost(2000, 'value'),
      note: 'beside the client, React not counted',
    },
  ]
}
