/** Hooks that show what only the server has: pages and details of kinds that are too large to hold. */
import { useEffect, useReducer, useState } from 'react'
import { backoffDelayMs } from '../base/backoff.ts'
import { systemClock, type Timer } from '../base/clock.ts'
import type { CollectionOnServer, DocumentReplica, LogOnServer, Subscribable } from '../client/handles.ts'
import type { ServerPage } from '../client/server-reads.ts'
import { backoff } from '../client/sync/wire.ts'
import type { LogEntry } from '../state/entry.ts'
import type { Frozen } from '../state/frozen.ts'
import type { CollectionQuery, LogQuery } from '../state/query.ts'
import type { CallError } from './use-action.ts'

/** What the server answered, and whether it is being asked. */
export interface Answer<Value> {
  /** The newest answer, which stays while another one is waited for; undefined before the first. */
  readonly value: Value | undefined
  /** Whether an answer is waited for: to this question at all, or to it anew since the kind has changed. */
  readonly isPending: boolean
  /** Why there is none. Where the server cannot be reached, it is asked again by itself. */
  readonly error: CallError | undefined
  /** Asks again. What has not changed on the server comes from memory. */
  refetch(): void
}

/**
 * A page of records or entries as the server has it, asked for again whenever a commit changes the kind. Of a kind that the replica does not
 * follow nobody tells: its page is as of when it was asked for, until `refetch`.
 */
export function usePage<Output, Indexes>(
  handle: CollectionOnServer<Output, Indexes>,
  query?: CollectionQuery<Output, Indexes>,
): Answer<ServerPage<Frozen<Output>>>
export function usePage<Output>(handle: LogOnServer<Output>, query?: LogQuery): Answer<ServerPage<LogEntry<Frozen<Output>>>>
export function usePage(handle: Subscribable & { page(query?: object): Promise<unknown> }, query?: object): Answer<unknown> {
  return useAnswer({ source: handle, text: JSON.stringify(query ?? {}), ask: () => handle.page(query), keepsLast: true })
}

/** One record, or a document, as the server has it; otherwise as `usePage`. Nothing is asked for a key that is not known yet. */
export function useDetail<Output>(handle: Subscribable & Pick<DocumentReplica<Output>, 'fetch'>): Answer<Frozen<Output>>
export function useDetail<Output, Indexes>(handle: CollectionOnServer<Output, Indexes>, key: string | undefined): Answer<Frozen<Output>>
export function useDetail(
  handle: Subscribable & { fetch(key?: string): Promise<unknown> },
  ...keys: readonly (string | undefined)[]
): Answer<unknown> {
  const [key] = keys
  const isKnown = keys.length === 0 || key !== undefined
  return useAnswer({ source: handle, text: JSON.stringify(keys), ask: isKnown && (() => handle.fetch(key)), keepsLast: false })
}

interface Question {
  readonly source: Subscribable
  /** Tells the questions to one source apart. */
  readonly text: string
  /** False where there is nothing to ask yet. */
  readonly ask: false | (() => Promise<unknown>)
  /** Whether what is known of the question before is shown until there is an answer. */
  readonly keepsLast: boolean
}

type Known = Partial<Omit<Answer<unknown>, 'refetch'>>

/** What is known, and of what. */
interface Shown extends Known {
  readonly source: Subscribable
  readonly text: string
}

const nothing: Known = Object.freeze({ isPending: true })

function useAnswer({ source, text, ask, keepsLast }: Question): Answer<unknown> {
  const [shown, setShown] = useState<Shown>({ ...nothing, source, text })
  const [round, refetch] = useReducer((before: number) => before + 1, 0)
  const knownOf = (before: Shown): Known => {
    if (before.source !== source) return nothing
    if (before.text === text) return before
    return keepsLast ? { ...before, isPending: true } : nothing
  }
  useEffect(
    () => (ask ? keepAsking(source, ask, (known) => setShown((before) => ({ ...knownOf(before), ...known, source, text }))) : undefined),
    // The text says what `ask` asks.
    [source, text, round],
  )
  const { value, error, isPending = true } = knownOf(shown)
  return { value, error, isPending: ask !== false && isPending, refetch }
}

/** Asks, and again whenever the source has changed; one question at a time. Returns what ends it. */
function keepAsking(source: Subscribable, ask: () => Promise<unknown>, show: (known: Known) => void): () => void {
  let isOver = false
  let isAsking = false
  let isStale = false
  let failures = 0
  let timer: Timer | undefined

  const askOnce = async (): Promise<void> => {
    isStale = false
    show({ isPending: true })
    const known: Known = await ask().then(
      (value) => ({ value, error: undefined }),
      (error: CallError) => ({ error }),
    )
    if (isOver) return
    show({ ...known, isPending: isStale })
    if (known.error?.code === 'UNREACHABLE') timer = systemClock.after(backoffDelayMs(backoff, failures, Math.random), renew)
    failures = known.error ? failures + 1 : 0
  }
  const askUntilFresh = async (): Promise<void> => {
    isAsking = true
    while (isStale && !isOver) await askOnce()
    isAsking = false
  }
  const renew = (): void => {
    timer?.cancel()
    isStale = true
    if (!isAsking) void askUntilFresh()
  }

  const unsubscribe = source.subscribe(renew)
  renew()
  return () => {
    isOver = true
    timer?.cancel()
    unsubscribe()
  }
}
