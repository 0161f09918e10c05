/** Calls of actions, and what has become of them. */
import { useCallback, useRef, useState } from 'react'
import type { ErrorDetails } from '../base/error-codes.ts'
import type { ReplicaErrorDetails } from '../client/error-codes.ts'
import type { CallOptions, InputOf, ReplicaMethods, ValueOf } from '../client/replica.ts'
import type { ReplicaError } from '../client/replica-error.ts'

type Details = ErrorDetails & ReplicaErrorDetails

/** Why a call failed: looking at `code` gives `details` their type. */
export type CallError = {
  [Code in keyof Details]: ReplicaError & { readonly code: Code; readonly details: Details[Code] }
}[keyof Details]

/** What has become of the latest call. */
export interface ActionState<Value> {
  /** Whether its answer is being waited for, also while the server cannot be reached. */
  readonly isPending: boolean
  /** What it answered with. */
  readonly value: Value | undefined
  readonly error: CallError | undefined
}

export interface ActionControls<Value> extends ActionState<Value> {
  /** Forgets the latest call, whose answer is then passed over. What it asked for is done all the same. */
  reset(): void
}

/**
 * Asks for the action. Resolves with its value once the page shows what it did, and rejects as `replica.call` does; whoever looks at
 * `error` only need not catch that.
 */
export type RunAction<Action> = (input: InputOf<Action>, options?: CallOptions) => Promise<ValueOf<Action>>

const idle: ActionState<never> = Object.freeze({ isPending: false, value: undefined, error: undefined })

/**
 * An action of the server by name: `const [startScan, { isPending, error, value, reset }] = useAction(replica, 'startScan')`.
 *
 * Tells of the latest call. One that was ended by its own `signal` leaves no error.
 */
export function useAction<Actions, Name extends keyof Actions & string>(
  replica: ReplicaMethods<Actions>,
  name: Name,
): readonly [run: RunAction<Actions[Name]>, state: ActionControls<ValueOf<Actions[Name]>>] {
  const [state, setState] = useState<ActionState<ValueOf<Actions[Name]>>>(idle)
  const latest = useRef<unknown>(undefined)
  const run: RunAction<Actions[Name]> = useCallback(
    (input, options) => {
      const answer = replica.call(name, input, options)
      latest.current = answer
      const end = (next: Partial<typeof state>): void => {
        if (latest.current === answer) setState({ ...idle, ...next })
      }
      end({ isPending: true })
      answer.then(
        (value) => end({ value }),
        (error: CallError) => end(options?.signal?.aborted ? {} : { error }),
      )
      return answer
    },
    [replica, name],
  )
  const reset = useCallback(() => {
    latest.current = undefined
    setState(idle)
  }, [])
  return [run, { ...state, reset }]
}
