const identifier = /^[A-Za-z_$][A-Za-z0-9_$]*$/
const longestName = 64
const longestPath = 500

/**
 * A path into a value, as errors show it: `$.hosts[3].seenAt`, `$["no identifier"]`.
 *
 * Names are data, so they are quoted and shortened, and a long path is cut in its middle.
 */
export function showPath(keys: readonly PropertyKey[]): string {
  const path = `$${keys.map(showKey).join('')}`
  return path.length <= longestPath ? path : `${path.slice(0, longestPath / 2)} … ${path.slice(-longestPath / 2)}`
}

function showKey(key: PropertyKey): string {
  if (typeof key !== 'string') return `[${String(key)}]`
  if (key.length <= longestName && identifier.test(key)) return `.${key}`
  return `[${JSON.stringify(key.length <= longestName ? key : `${key.slice(0, longestName - 1)}…`)}]`
}
