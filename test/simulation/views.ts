/** What clients choose to hold, and what they show of it. */
import type { Entry } from '../../src/state/entry.ts'
import type { ChosenKinds, Replica } from '../../src/client/replica.ts'
import { type Account, type actions, type simulated, textOf, type View } from './state.ts'

export type SimulatedReplica = Replica<typeof simulated, typeof actions>

/** Each choice has a view, which is the same object wherever it is the same. */
export interface Choice {
  readonly kinds: ChosenKinds<typeof simulated> | undefined
  readonly view: View
}

export const choices: readonly Choice[] = [
  { kinds: undefined, view: { hasKind: (kind) => kind !== 'secret', last: undefined } },
  { kinds: { accounts: true, title: false }, view: { hasKind: (kind) => kind === 'accounts', last: undefined } },
  { kinds: { title: true, lines: { last: 3 } }, view: { hasKind: (kind) => kind === 'title' || kind === 'lines', last: 3 } },
]

/** Everything a replica shows, as the one text of it. */
export function textShown({ title, accounts, lines }: SimulatedReplica, view: View): string {
  const found = view.hasKind('accounts') ? (accounts.find({ limit: 1000 }).items as readonly Account[]) : []
  const content = {
    title: view.hasKind('title') ? title.entry() : undefined,
    accounts: new Map(found.map(({ id }) => [id, accounts.entry(id) as Entry<Account>])),
    lines: view.hasKind('lines') ? lines.read({ limit: 1000 }) : [],
  }
  return textOf(content, view)
}
