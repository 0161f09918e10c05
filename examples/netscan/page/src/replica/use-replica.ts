/** Binds what a replica holds to React. */
import { useSyncExternalStore } from 'react'

type Subscribe = (listener: () => void) => () => void

/** A value that may change: the same object as long as it does not. */
export interface Reading<Value> {
  readonly get: () => Value
  readonly subscribe: Subscribe
}

/**
 * A value read from a replica, kept until one of the sources says that it may be another one.
 *
 * It subscribes once and for good, because the page lives as long as its replica.
 */
export function createReading<Value>(read: () => Value, sources: readonly Subscribe[]): Reading<Value> {
  const listeners = new Set<() => void>()
  let held: { readonly value: Value } | undefined
  const renew = (): void => {
    held = undefined
    for (const listener of listeners) listener()
  }
  for (const subscribe of sources) subscribe(renew)
  return {
    get: () => (held ??= { value: read() }).value,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** The value, now and whenever it changes. */
export function useReading<Value>({ subscribe, get }: Reading<Value>): Value {
  return useSyncExternalStore(subscribe, get)
}
