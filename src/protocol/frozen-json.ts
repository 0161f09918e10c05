/** JSON from the wire, deeply frozen. It needs nothing of the store's table of errors, which would outweigh the rest of a client. */

/**
 * The value of a text, deeply frozen.
 *
 * @throws SyntaxError for text that is not JSON
 */
export function parseFrozen(text: string): unknown {
  return freezeDeeply(JSON.parse(text))
}

function freezeDeeply(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freezeDeeply(inner)
    Object.freeze(value)
  }
  return value
}
