/**
 * Reads from a replica as a part of rendering; every hook of this folder that shows what is held is made of it.
 *
 * A replica moves on between two slices of a render in a transition. So nothing is remembered from an earlier moment: each look reads what
 * is held now, and React, which looks again before it shows anything, renders anew where two parts of a page have seen two revisions (rule W1).
 * What is kept of a look is its result, to be handed out again for as long as nothing in it has changed (rule W2).
 */
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { isSame } from './is-same.ts'

export interface Reading<Input, Output> {
  /** The same function in each render, or React subscribes again. */
  readonly subscribe: (onChange: () => void) => () => void
  readonly read: () => Input
  /** What is read while nothing is held, which on a server is always; the same object each time. */
  readonly nothing: Input
  readonly make: (input: Input) => Output
  /** What else goes into what is made. */
  readonly by: readonly unknown[]
}

/** A result, and what it was made of. */
interface Made<Output> {
  readonly input: unknown
  readonly by: readonly unknown[]
  readonly output: Output
}

export function useReading<Input, Output>({ subscribe, read, nothing, make, by }: Reading<Input, Output>): Output {
  const shown = useRef<{ made?: Made<Output> }>({})
  // A copy for each render: one that is thrown away must leave no trace in what is shown.
  const kept = { ...shown.current }
  const renew = (input: Input): Output => {
    const { made } = kept
    if (made && isSame(made.by, by) && isSame(made.input, input)) return made.output
    const output = make(input)
    kept.made = { input, by, output: made && isSame(made.output, output) ? made.output : output }
    return kept.made.output
  }
  const value = useSyncExternalStore(
    subscribe,
    () => renew(read()),
    () => renew(nothing),
  )
  useEffect(() => {
    shown.current = kept
  })
  return value
}
