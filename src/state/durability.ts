/** What an acknowledged commit survives, weakest first. */
export type Durability = 'process' | 'power'

/** All rungs, weakest first. */
export const durabilities: readonly Durability[] = ['process', 'power']

/**
 * What a document or a collection may be declared with: the least rung of the commits that write it, or a softer one of its own.
 *
 * - `delayed`: it may also be written outside commits, at once in memory and on disk within 100 ms; what is lost is the last window.
 * - `memory`: it belongs to this process and is never on disk.
 */
export type KindDurability = Durability | 'delayed' | 'memory'

/** All of them, weakest first. */
export const kindDurabilities: readonly KindDurability[] = ['memory', 'delayed', ...durabilities]

/** What a commit that writes a kind of this durability must reach at least; undefined leaves it to the commit and the store. */
export function floorOf(durability: KindDurability | undefined): Durability | undefined {
  return durability === 'delayed' || durability === 'memory' ? undefined : durability
}

/** The stronger of two rungs; `undefined` asks for nothing. */
export function strongest(a: Durability | undefined, b: Durability | undefined): Durability | undefined {
  if (a === 'power' || b === 'power') return 'power'
  return a ?? b
}
