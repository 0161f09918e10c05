/** Failures in the background have one way out: the `report` option of `openStore` (rule N2). */

/** What happened, for a program to act on or to log. */
export interface ReportEvent {
  readonly type:
    /** A watcher threw. */
    | 'watcher-failed'
    /** Watchers missed commits that were pruned, or that belong to a history that has ended. */
    | 'watch-gap'
    /** A stored value does not parse; it is skipped. */
    | 'undecodable'
    /** A layer of a setting has no valid value, and is passed over; or a file names what is no setting. */
    | 'setting-invalid'
    /** Kinds or indexes in the store that the program no longer declares; they are kept until a migration drops them. */
    | 'kept'
    /** A value that was written behind cannot be committed; it stays pending, and others go on. */
    | 'write-refused'
    /** A request failed by no fault of who asked, as when an action has a bug or `grants` answers with what is no grant; or a reply had to be broken off. */
    | 'serving-failed'
    /** A checkpoint, a prune or another task in the background failed; it is tried again. */
    | 'background-failed'
    /** The disk failed; the store was reopened, and everything in it made durable. */
    | 'recovered'
    /** The disk failed, and the store could not be made durable: it is read-only. */
    | 'poisoned'
    /** The end of the history may have been lost with the power; a new epoch begins, and replicas reset. */
    | 'history-lost'
  /** One sentence for people. */
  readonly message: string
  readonly error?: unknown
}

export type Report = (event: ReportEvent) => void
