/** `npm run errors` writes `docs/errors.md`; with `--check` it only says whether the page is up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorTraits } from '../../src/base/error-codes.ts'
import { replicaRemedies } from '../../src/client/error-codes.ts'
import { projectRoot, readFiles } from '../list-files.ts'
import { renderErrors } from './render-errors.ts'

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8')
const page = renderErrors(
  { source: read('src/base/error-codes.ts'), rows: errorTraits },
  { source: read('src/client/error-codes.ts'), rows: replicaRemedies },
)

if (!process.argv.includes('--check')) {
  writeFileSync(join(projectRoot, 'docs/errors.md'), page)
} else if (readFiles('docs/errors.md').get('docs/errors.md') !== page) {
  console.error('docs/errors.md is not up to date: run `npm run errors`')
  process.exitCode = 1
}
