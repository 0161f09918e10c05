/** What is simulated: a state of one kind of each sort, its actions, and the one text of everything in it. */
import { z } from 'zod'
import type { Entry, LogEntry } from '../../src/state/entry.ts'
import { collection, defineState, document, log } from '../../src/index.ts'
import { action, type Actions } from '../../src/server/actions.ts'

const Account = z.object({ id: z.string(), amount: z.number(), note: z.string() })
export type Account = z.infer<typeof Account>

/** Entries that are kept of each stream. */
export const keptEntries = 8

export const simulated = defineState({
  name: 'simulated',
  version: 1,
  kinds: {
    title: document(z.string()),
    accounts: collection(Account, { key: 'id', indexes: { byAmount: ['amount'] } }),
    lines: log(z.string(), { retention: { entriesPerStream: keptEntries } }),
    secret: document(z.string(), { feed: 'none' }),
  },
})

/** A note of a client; its text is different for each. */
export const addNote = action(simulated, z.object({ text: z.string() }), (tx, { text }) => {
  tx.lines.append(text, { stream: 'notes' })
  return `noted ${text}`
})

export const actions: Actions & { readonly addNote: typeof addNote } = { addNote }

/** Everything there is at one revision. */
export interface Content {
  readonly title: Entry<string> | undefined
  readonly accounts: ReadonlyMap<string, Entry<Account>>
  /** Ascending by number. */
  readonly lines: readonly LogEntry<string>[]
}

/** What of it a client holds. */
export interface View {
  readonly hasKind: (kind: string) => boolean
  /** Newest entries of each stream; all when undefined. */
  readonly last: number | undefined
}

/** Equal texts, equal contents. */
export function textOf({ title, accounts, lines }: Content, { hasKind, last = Infinity }: View): string {
  const parts: unknown[] = []
  if (hasKind('title')) parts.push('title', title && entryOf('', title))
  if (hasKind('accounts'))
    parts.push(
      'accounts',
      [...accounts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, entry]) => entryOf(key, entry)),
    )
  if (hasKind('lines')) parts.push('lines', newest(lines, last))
  return JSON.stringify(parts)
}

function entryOf(key: string, { revision, at, value }: Entry): readonly unknown[] {
  return [key, revision, at, value]
}

function newest(lines: readonly LogEntry[], last: number): readonly unknown[] {
  const counts = new Map<string, number>()
  return lines
    .toReversed()
    .filter(({ stream }) => {
      const count = (counts.get(stream) ?? 0) + 1
      counts.set(stream, count)
      return count <= last
    })
    .map(({ seq, stream, revision, at, value }) => [seq, stream, revision, at, value])
}
