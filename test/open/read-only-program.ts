/** Opens the sample in a directory that cannot be written, in each way there is, and prints what came of it. */
import { type DriverName, isHoldfastError, openStore } from '../../src/index.ts'
import { sample } from '../support/sample.ts'

const [, , directory = ''] = process.argv

const codeOf = (error: unknown): unknown => (isHoldfastError(error) ? error.code : String(error))

async function read(driver: DriverName): Promise<unknown> {
  try {
    const store = await openStore(sample, { directory, driver, readOnly: true })
    const title = store.title.get()
    const { revision } = await store.snapshot()
    const refused = await store.commit((tx) => tx.title.set('x')).catch(codeOf)
    await store.close()
    return [title, revision, refused]
  } catch (error) {
    return codeOf(error)
  }
}

const answer = {
  'node:sqlite': await read('node:sqlite'),
  'better-sqlite3': await read('better-sqlite3'),
  writing: await openStore(sample, { directory }).catch(codeOf),
}
process.stdout.write(JSON.stringify(answer))
