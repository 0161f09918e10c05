/** What the kills of a campaign aim at. */
import type { SeededRandom } from '../seeded-random.ts'

export type Aim =
  /** One process, at any moment of its work. */
  | 'one'
  /** All of them at once. */
  | 'all'
  /** One process, before it has opened its store. */
  | 'opening'
  | 'checkpoint'
  | 'prune'
  | 'migration'

const round: readonly Aim[] = ['one', 'one', 'all', 'all', 'opening', 'checkpoint', 'checkpoint', 'prune', 'prune', 'migration']

/** The aims of so many kills, in an order left to chance. */
export function chooseAims(kills: number, random: SeededRandom): Aim[] {
  const aims: Aim[] = []
  while (aims.length < kills) aims.push(...random.shuffle(round))
  return aims.slice(0, kills)
}
