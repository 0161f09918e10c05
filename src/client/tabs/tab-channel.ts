/** What tabs say to each other, and by what. */
import { epochOf, revisionOf } from '../../protocol/commit-text.ts'
import { eventText } from '../../protocol/sse.ts'

/**
 * Text of the feed with the cursor before it and the one after it; an error as JSON, when the request of the tab that leads has failed; `''`
 * asks that tab where it is.
 */
export type TabMessage = readonly [from: string, to: string, text: string] | string

/** A message, and how often the lead had passed on before, as far as the tab that leads knew. */
export type TermedMessage = readonly [term: number, message: TabMessage]

/** What is needed of a `BroadcastChannel`. */
export interface TabChannel {
  onmessage: ((event: { readonly data: TermedMessage }) => void) | null
  postMessage(message: TermedMessage): void
  close(): void
}

/** To wait for a lock, as long as the signal lets, or to take it. */
export type LockWish = { readonly signal: AbortSignal } | { readonly steal: true }

/** What is needed of `navigator.locks`. */
export interface Locks {
  request(name: string, wish: LockWish, lead: () => Promise<void>): Promise<void>
}

/** Says where a tab is, and leads nowhere. */
export function placeMessage(cursor: string): TabMessage {
  return [cursor, cursor, bookmarkText(cursor)]
}

export function bookmarkText(cursor: string): string {
  return eventText('bookmark', cursor, '0')
}

/** Whether a cursor is further on than another one, or of another history. */
export function isAhead(cursor: string, other: string): boolean {
  return epochOf(cursor) !== epochOf(other) || revisionOf(cursor) > revisionOf(other)
}
