/** A record or document with the commit that wrote it. */
export interface Entry<Value = unknown> {
  readonly value: Value
  readonly revision: number
  /** Milliseconds since 1970, of that commit. */
  readonly at: number
}

/** One entry of a log. */
export interface LogEntry<Value = unknown> extends Entry<Value> {
  /** Number of the entry in its log, ascending over all streams, with gaps where entries were trimmed. */
  readonly seq: number
  readonly stream: string
}
