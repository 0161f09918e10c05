/** A process of its own on the store of the model-based tests: makes the commits it is told, and says what it reads and hears. */
import { type Commit, openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { answer } from '../support/answer.ts'
import { codeOf } from '../support/outcome.ts'
import type { ModelOutcome } from './model.ts'
import { modelState } from './state.ts'
import { type Plan, type StepTx, takeSteps } from './steps.ts'

let store: Store<typeof modelState> | undefined
let heard: Commit[] = []
let wake: () => void = () => undefined

function opened(): Store<typeof modelState> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

/** Everything a store holds, as a reader finds it. */
export interface Contents {
  readonly note: unknown
  readonly items: readonly unknown[]
  readonly events: readonly { readonly seq: number; readonly stream: string; readonly value: unknown; readonly revision: number }[]
}

export function contentsOf({ note, items, events }: Store<typeof modelState>): Contents {
  return { note: note.get() ?? null, items: items.find({ limit: 1000 }).items, events: events.read({ limit: 1000 }) }
}

async function follow(from: Store<typeof modelState>): Promise<void> {
  for await (const commit of from.follow()) {
    heard.push(commit)
    wake()
  }
}

const calls = {
  async open(options: StoreOptions): Promise<void> {
    store = await openStore(modelState, options)
    heard = []
    void follow(store)
  },
  /** Makes commits, one after the other or all at once. */
  async commit(plans: readonly Plan[], isAtOnce: boolean): Promise<readonly ModelOutcome[]> {
    const outcomes: Promise<ModelOutcome>[] = []
    for (const { steps, options } of plans) {
      const outcome = opened()
        .commit((tx) => takeSteps(tx as unknown as StepTx, steps, codeOf), options)
        .then(
          ({ revision, changed, value }): ModelOutcome => ({ revision, changed, value }),
          (error: unknown): ModelOutcome => ({ code: codeOf(error) }),
        )
      outcomes.push(outcome)
      if (!isAtOnce) await outcome
    }
    return Promise.all(outcomes)
  },
  contents: (): Contents => contentsOf(opened()),
  /** The commits heard up to a revision, as soon as it has been. */
  async heard(upTo: number): Promise<readonly Commit[]> {
    while ((heard.at(-1)?.revision ?? 0) < upTo) await new Promise<void>((resolve) => (wake = resolve))
    return heard
  },
  close: (): Promise<void> => opened().close(),
}

export type ModelCalls = typeof calls

answer(calls)
