/** Random changes of the simulated state, for a real commit as for a simulated one. */
import type { SeededRandom } from '../harness/seeded-random.ts'
import type { Account } from './state.ts'

/** What of a `tx` is used. */
export interface ChangesTx {
  readonly title: { set(value: string): void }
  readonly secret: { set(value: string): void }
  readonly accounts: { put(value: Account): unknown; delete(key: string): unknown }
  readonly lines: { append(value: string, where: { readonly stream: string }): unknown }
}

export const texts: readonly string[] = [
  'plain',
  'Größe',
  '日本語のテキスト',
  '🙂🚀🧪',
  'line\nbreak\r\n',
  '\u2028 \u2029',
  '"quoted" \\',
  'é'.repeat(40),
]

export function change(tx: ChangesTx, random: SeededRandom): void {
  const [from, to] = [random.below(6), random.below(6)]
  const sort = random.below(10)
  if (sort === 0) return tx.secret.set(`hidden ${random.below(1000)}`)
  if (sort === 1) return tx.title.set(random.pick(texts))
  if (sort === 2) return void tx.accounts.delete(`a${from}`)
  if (sort === 3) tx.title.set(`${random.below(100)} ${random.pick(texts)}`)
  if (sort > 6) return void tx.lines.append(random.pick(texts), { stream: `s${random.below(2)}` })
  tx.accounts.put({ id: `a${from}`, amount: random.below(100), note: random.pick(texts) })
  tx.accounts.put({ id: `a${to}`, amount: random.below(100), note: random.pick(texts) })
}
