/**
 * Changes: what one commit did, as followers and watchers see it.
 */
import type { Frozen } from './frozen.ts'
import type { FeedMode } from './kind.ts'

/** The values of a change, where its kind has the feed `'value'`; else they stay home. */
type Written<Value, Feed extends FeedMode> = Feed extends 'value'
  ? {
      /** What is there now. */
      readonly value: Frozen<Value>
      /** What was there before; absent when there was nothing. */
      readonly before?: Frozen<Value>
    }
  : { readonly value?: undefined; readonly before?: undefined }

/** A record or document was written. */
export type PutChange<Value = unknown, Name extends string = string, Feed extends FeedMode = FeedMode> = {
  readonly kind: Name
  readonly op: 'put'
  /** Record key; `''` for a document. */
  readonly key: string
} & Written<Value, Feed>

/** A record or document was deleted. */
export type DeleteChange<Value = unknown, Name extends string = string, Feed extends FeedMode = FeedMode> = {
  readonly kind: Name
  readonly op: 'delete'
  readonly key: string
} & (Feed extends 'value' ? { readonly before: Frozen<Value> } : { readonly before?: undefined })

/** A log entry was added. */
export type AppendChange<Value = unknown, Name extends string = string, Feed extends FeedMode = FeedMode> = {
  readonly kind: Name
  readonly op: 'append'
  /** Number of the entry in its log, ascending over all streams. */
  readonly seq: number
  readonly stream: string
} & (Feed extends 'value' ? { readonly value: Frozen<Value> } : { readonly value?: undefined })

/** Retention removed the oldest log entries: of `stream`, or of every stream when it is `null`, up to `through` inclusive. */
export interface TrimChange<Name extends string = string> {
  readonly kind: Name
  readonly op: 'trim'
  readonly stream: string | null
  readonly through: number
}

export type Change = PutChange | DeleteChange | AppendChange | TrimChange

/**
 * One commit, whole. A commit without changes is a bookmark: it only moves the cursor, because nothing this follower may
 * see has changed up to there.
 */
export interface Commit<Changes = Change> {
  readonly revision: number
  /** Where to go on from after applying this commit. */
  readonly cursor: string
  /** Milliseconds since 1970, by the clock of the process that committed. */
  readonly at: number
  /** The opened store that committed; random, one per `openStore`. */
  readonly instance: string
  readonly actor: string | undefined
  readonly label: string | undefined
  readonly changes: readonly Changes[]
}

/** What a watcher gets besides the changes: the commit, unless the kind belongs to this process and is in no history. */
export type WatchedCommit<Rung> = Rung extends 'memory' ? readonly [] : readonly [commit: Commit]
