/**
 * Server-sent events: how messages of the feed are framed.
 *
 *   a commit is a message without a name: `id` its cursor, `data` its text
 *   `bookmark`   `id` moves to its cursor; data is the server's time, milliseconds since 1970
 *   `snapshot`   lines of a snapshot; the last one has the cursor as its `id`
 *   `reset`      an error as data: what was received is void, and a snapshot follows
 *   `end`        an error as data: the server ends the stream and says why
 */

/** Names of messages; a commit has none. */
export type EventName = 'bookmark' | 'snapshot' | 'reset' | 'end'

/** The text of one message; `data` may have several lines. */
export function eventText(name: EventName | undefined, id: string | undefined, data: string): string {
  const event = name === undefined ? '' : `event: ${name}\n`
  const position = id === undefined ? '' : `id: ${id}\n`
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data
  return `${event}${position}data: ${lines}\n\n`
}
