/** Works until its first job is done, closes its store, and should end by itself then. */
import { openStore } from '../../src/index.ts'
import { workState } from './work-state.ts'

const store = await openStore(workState, { directory: process.argv[2] ?? '' })
store.tasks.work(() => ({ value: 1 }))
const { id } = await store.tasks.enqueue({ name: 'only' })
await store.tasks.wait(id)
await store.close()
process.stdout.write('closed')
