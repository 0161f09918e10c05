/**
 * Whether two results are the same for whoever shows them: the same value, or lists or plain objects with the same values in them, one level
 * deep. That is enough, as what a replica holds stays the same object while it is unchanged (rule R2).
 */
export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (Array.isArray(one)) return Array.isArray(other) && one.length === other.length && one.every((item, at) => Object.is(item, other[at]))
  if (!isPlain(one) || !isPlain(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && Object.is(one[name], other[name]))
  )
}

function isPlain(value: unknown): value is { readonly [name: string]: unknown } {
  return value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
}
