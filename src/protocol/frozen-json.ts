/** JSON from the wire, deeply frozen. It needs nothing of the store's table of errors, which would outweigh the rest of a client. */

/** Values nest 200 deep (rule V2), and messages put them some levels deeper. */
const maxDepth = 210

/**
 * The value of a text, deeply frozen.
 *
 * @throws SyntaxError for text that is not JSON, or nested deeper than anything a server sends
 */
export function parseFrozen(text: string): unknown {
  const value: unknown = JSON.parse(text)
  freezeDeeply(value, 1)
  return value
}

function freezeDeeply(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > maxDepth) throw new SyntaxError(`A message is nested more than ${maxDepth} deep`)
  for (const inner of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) freezeDeeply(inner, depth + 1)
  Object.freeze(value)
}
