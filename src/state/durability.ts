/** What an acknowledged commit survives, weakest first. */
export type Durability = 'process' | 'power'

/** All rungs, weakest first. */
export const durabilities: readonly Durability[] = ['process', 'power']

/** The stronger of two rungs; `undefined` asks for nothing. */
export function strongest(a: Durability | undefined, b: Durability | undefined): Durability | undefined {
  if (a === 'power' || b === 'power') return 'power'
  return a ?? b
}
