/** A program that writes behind what can never be committed, and has then nothing left to do. */
import { openStore } from '../../src/index.ts'
import { behind, strict } from './seats.ts'

const [directory = ''] = process.argv.slice(2)
const before = await openStore(strict, { directory })
await before.commit((tx) => tx.seats.put({ id: 'a', seat: 1 }))
await before.close()
const store = await openStore(behind, { directory, report: () => undefined })
store.seats.put({ id: 'b', seat: 1 })
await store.flush().catch(() => process.stdout.write(`refused ${store.health().pendingWrites}`))
