/**
 * The name among `known` that `name` was most likely meant to be, or undefined when none is close.
 *
 * Close is at most one slip (a letter too many, too few, wrong or swapped with its neighbour) in three letters; case does not count.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestSlips = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestSlips) continue
    const slips = countSlips(name.toLowerCase(), candidate.toLowerCase())
    if (slips >= bestSlips) continue
    best = candidate
    bestSlips = slips
  }
  return best
}

/** Damerau's distance in its restricted form, three rows at a time. */
function countSlips(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const slips = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (isSame ? 0 : 1))
      current[column] = isSwap ? Math.min(slips, at(beforeLast, column - 2) + 1) : slips
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] as number
}
