/** A program that sets the title of a sample: `set-title.ts DIRECTORY DRIVER TITLE [TIMES]`. Prints the cursor. */
import { type DriverName, openStore } from '../../src/index.ts'
import { sample } from './sample.ts'

const [, , directory = '', driver, title = '', times = '1'] = process.argv
const store = await openStore(sample, { directory, driver: driver as DriverName })
const titles = Array.from({ length: Number(times) }, (_, i) => (times === '1' ? title : `${title} ${i + 1}`))
await Promise.all(titles.map((text) => store.commit((tx) => tx.title.set(text))))
process.stdout.write(store.cursor)
await store.close()
