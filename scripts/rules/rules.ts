/** `npm run rules`: every rule of `docs/spec.md` is shown by a test whose title begins with its id. Exit code 1 when one is not. */
import { readFiles } from '../list-files.ts'
import { compareRules } from './compare-rules.ts'
import { readSpec } from './read-spec.ts'
import { readTitles } from './read-titles.ts'

const spec = readFiles('docs/spec.md').get('docs/spec.md') ?? ''
const tests = readFiles('{src,test,examples,bench}/**/*.test.ts', '{src,test}/**/*.test-d.ts', 'test/harness/**/*.ts')
const titles = [...tests].flatMap(([path, text]) => readTitles(path, text))

const { shown, later, complaints } = compareRules(readSpec(spec), titles)
console.log(`${shown.length} rules shown by ${new Set(titles.map((title) => title.where)).size} tests`)
if (later.length > 0) console.log(`${later.length} rules of later releases: ${later.join(' ')}`)
for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length === 0 ? 0 : 1
