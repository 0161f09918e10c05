/** Whether a queue is paused: what the document beside it says (state/queue-state). */
import { checkOptions, text } from '../../base/options.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import { type QueueState, queueStateName } from '../../state/queue-state.ts'

/** How a queue is paused and resumed. */
export interface PauseOptions {
  /** On whose behalf; recorded in the history. */
  readonly actor?: string | undefined
}

const rules = { actor: text() }

interface QueueDocument {
  get(): QueueState | undefined
  set(value: QueueState): void
}

/** @param commit the one that runs; outside of one, without */
export function isPaused(services: KindServices, queue: string, commit?: CommitContext): boolean {
  const name = queueStateName(queue)
  return isOn(commit === undefined ? services.readsOf(name) : services.txOf(name, commit))
}

/** As `isPaused`, in a commit whose `tx` is at hand. */
export function isPausedIn(tx: { readonly [kind: string]: object }, queue: string): boolean {
  return isOn(tx[queueStateName(queue)] ?? {})
}

function isOn(document: object): boolean {
  return (document as QueueDocument).get()?.paused === true
}

interface PauseParts {
  readonly name: string
  readonly services: KindServices
  readonly isPaused: boolean
}

/** False when it is so already. */
export async function setPaused({ name, services, isPaused: paused }: PauseParts, options: PauseOptions = {}): Promise<boolean> {
  const label = paused ? 'pause' : 'resume'
  checkOptions(label, options, rules)
  const write = (tx: { readonly [kind: string]: object }): boolean => {
    if (isPausedIn(tx, name) === paused) return false
    ;(tx[queueStateName(name)] as QueueDocument).set({ paused })
    return true
  }
  return (await services.transact(write, { label, actor: options.actor })).value
}
