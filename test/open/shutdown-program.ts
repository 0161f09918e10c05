/** A program that is busy with everything at once until it is told to end, and says on its output what it was promised. */
import { writeSync } from 'node:fs'
import { closeOnSignals, openStore } from '../../src/index.ts'
import { serve } from '../../src/server.ts'
import { codeOf } from '../support/outcome.ts'
import { shutdownState } from './shutdown-state.ts'

const [directory = '', port = '', drainMs = ''] = process.argv.slice(2)

/** Synchronously: what was said before a signal is said. A pipe that is full is written to again. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

const store = await openStore(shutdownState, { directory })
const server = await serve(store, { port: Number(port) })
closeOnSignals(store, server)

const refused = Promise.withResolvers<void>()
store.tasks.work(
  async ({ input }, { signal }) => {
    say(`began ${input.how}`)
    if (input.how === 'hangs') {
      signal.addEventListener('abort', () => say('aborted'))
      await new Promise(() => undefined)
    }
    // It has begun before the store was told to close, and ends after that.
    await refused.promise
    return { done: true }
  },
  { concurrency: 2, ...(drainMs === '' ? {} : { drainMs: Number(drainMs) }) },
)
await store.tasks.enqueue({ how: 'drains' })
await store.tasks.enqueue({ how: 'hangs' })

let written = 0

async function write(): Promise<void> {
  for (;;) {
    try {
      await store.commit((tx) => tx.lines.append('line'))
      say('acknowledged')
      store.progress.set({ done: (written += 1) })
      say(`set ${written}`)
    } catch (error) {
      say(`refused ${codeOf(error)}`)
      refused.resolve()
      return
    }
  }
}

for (let writers = 0; writers < 8; writers += 1) void write()
