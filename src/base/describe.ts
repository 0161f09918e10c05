const longestShown = 40

/**
 * What a value is, in few words, for an error message: `"5s" (string)`, `NaN (number)`, `null`, `an array`, `a Date`.
 *
 * Total: it neither throws nor runs code of the value's own, whatever the value is. Contents of objects are not shown.
 */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined'
    case 'function':
      return 'a function'
    case 'object':
      return value === null ? 'null' : describeObject(value)
    case 'string':
      return `${JSON.stringify(shorten(value))} (string)`
    case 'bigint':
      return `${shorten(String(value))}n (bigint)`
    case 'number':
      return `${Object.is(value, -0) ? '-0' : value} (number)`
    default:
      return `${shorten(String(value))} (${typeof value})`
  }
}

function describeObject(value: object): string {
  try {
    const prototype: unknown = Object.getPrototypeOf(value)
    const name = prototype === null ? undefined : constructorName(prototype as object)
    if (Array.isArray(value)) return name === undefined || name === 'Array' ? 'an array' : `a ${name} (array)`
    if (name === undefined || name === 'Object') return 'an object'
    return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`
  } catch {
    // A revoked Proxy, or one whose traps throw.
    return 'an object'
  }
}

/** Read without running a getter. */
function constructorName(prototype: object): string | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof constructor !== 'function') return undefined
  const name: unknown = Object.getOwnPropertyDescriptor(constructor, 'name')?.value
  return typeof name === 'string' && name !== '' ? shorten(name) : undefined
}

function shorten(text: string): string {
  return text.length <= longestShown ? text : `${text.slice(0, longestShown - 1)}…`
}
