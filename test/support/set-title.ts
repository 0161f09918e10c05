/** A program that sets the title of a sample: `set-title.ts DIRECTORY DRIVER TITLE`. Prints the cursor. */
import { type DriverName, openStore } from '../../src/index.ts'
import { sample } from './sample.ts'

const [, , directory = '', driver, title = ''] = process.argv
const store = await openStore(sample, { directory, driver: driver as DriverName })
await store.commit((tx) => tx.title.set(title))
process.stdout.write(store.cursor)
await store.close()
