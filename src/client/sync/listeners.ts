/** Callbacks of users; one that throws is reported, and the others are called all the same (rule X36). */
export interface Listeners<Arguments extends readonly unknown[]> {
  /** Returns the unsubscriber. The same callback may be added twice. */
  add(callback: (...args: Arguments) => void): () => void
  /** Calls those that are there now and still there when it is their turn. */
  notify(...args: Arguments): void
}

export interface ListenersParts {
  readonly onError: (error: unknown) => void
  /** Once it is aborted, nobody is called any more. */
  readonly closed: AbortSignal
}

export function createListeners<Arguments extends readonly unknown[]>({ onError, closed }: ListenersParts): Listeners<Arguments> {
  const listeners = new Set<(...args: Arguments) => void>()
  return {
    add(callback) {
      const listener = (...args: Arguments): void => {
        if (closed.aborted || !listeners.has(listener)) return
        try {
          callback(...args)
        } catch (error) {
          onError(error)
        }
      }
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    notify(...args) {
      for (const listener of [...listeners]) listener(...args)
    },
  }
}
