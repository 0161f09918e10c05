/** A process with the queue open, which may work. */
import { once } from 'node:events'
import { openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { answer } from '../support/answer.ts'
import { codeOf } from '../support/outcome.ts'
import { workState } from './work-state.ts'

let store: Store<typeof workState> | undefined
const told: string[] = []

function opened(): Store<typeof workState> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

const work = {
  /** Keeps the event loop busy, so that no timer of this thread runs. */
  busy: (forMs: number) => {
    for (const endsAt = performance.now() + forMs; performance.now() < endsAt;);
  },
  idle: (forMs: number) => new Promise((resolve) => setTimeout(resolve, forMs)),
  /** Stops the process. When it goes on, nothing comes between that and what the handler does next. */
  stop: () => process.kill(process.pid, 'SIGSTOP'),
}

const calls = {
  async open(options: StoreOptions): Promise<void> {
    store = await openStore(workState, options)
  },
  /** Works; each job adds one to its effect in the commit that completes it. */
  work(how: 'busy' | 'idle' | 'stop', concurrency: number): void {
    opened().tasks.work(
      async ({ input, attempt }, { commit, signal }) => {
        told.push(`${input.name} ${attempt} began`)
        await work[how](input.forMs ?? 0)
        try {
          await commit(
            (tx) => {
              tx.effects.put({ name: input.name, times: (tx.effects.get(input.name)?.times ?? 0) + 1 })
              return { value: attempt }
            },
            { completes: true },
          )
          told.push(`${input.name} ${attempt} completed`)
        } catch (error) {
          told.push(`${input.name} ${attempt} ${codeOf(error)}`)
          // Who has lost the job is told so by the signal, too, with the next look at the leases.
          if (!signal.aborted) await once(signal, 'abort')
        }
        told.push(`${input.name} ${attempt} aborted: ${signal.aborted}`)
        return { value: 0 }
      },
      { concurrency },
    )
  },
  /** Begins jobs of the other queue and never ends one. */
  hang(): void {
    opened().plain.work(() => new Promise(() => undefined))
  },
  pause: (): Promise<boolean> => opened().tasks.pause(),
  resume: (): Promise<boolean> => opened().tasks.resume(),
  enqueue: async (name: string, forMs: number): Promise<string> => (await opened().tasks.enqueue({ name, forMs })).id,
  told: (): readonly string[] => told,
  close: (): Promise<void> => opened().close(),
}

export type WorkerCalls = typeof calls

answer(calls)
