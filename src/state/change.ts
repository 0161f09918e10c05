/**
 * Changes: what one commit did, as followers and watchers see it.
 */
import type { Frozen } from './frozen.ts'

/** A record or document was written. */
export interface PutChange<Value = unknown, Name extends string = string> {
  readonly kind: Name
  readonly op: 'put'
  /** Record key; `''` for a document. */
  readonly key: string
  /** What is there now; absent for a kind with `feed: 'key'`. */
  readonly value?: Frozen<Value>
  /** What was there before; absent when there was nothing, and for a kind with `feed: 'key'`. */
  readonly before?: Frozen<Value>
}

/** A record or document was deleted. */
export interface DeleteChange<Value = unknown, Name extends string = string> {
  readonly kind: Name
  readonly op: 'delete'
  readonly key: string
  readonly before?: Frozen<Value>
}

/** A log entry was added. */
export interface AppendChange<Value = unknown, Name extends string = string> {
  readonly kind: Name
  readonly op: 'append'
  /** Number of the entry in its log, ascending over all streams. */
  readonly seq: number
  readonly stream: string
  readonly value?: Frozen<Value>
}

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
