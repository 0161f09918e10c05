/** Messages of the feed, put together from lines of server-sent events as `protocol/sse.ts` writes them. */

export interface FeedEvent {
  /** Undefined for a commit. */
  readonly event?: string
  readonly id?: string
  readonly data: string
}

/** Takes lines one by one, and hands on a message at the empty line after it. No message that a replica waits for has data of several lines. */
export function createEventReader(onEvent: (event: FeedEvent) => void): (line: string) => void {
  let fields: { [field: string]: string } = {}
  return (line) => {
    if (line === '') {
      if (fields['data']) onEvent(fields as unknown as FeedEvent)
      fields = {}
      return
    }
    const [field = ''] = line.split(': ', 1)
    fields[field] = line.slice(field.length + 2)
  }
}
