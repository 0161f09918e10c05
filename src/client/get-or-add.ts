/** What a map has under a key; when it has nothing, what is made is put there. */
export function getOrAdd<Key, Value extends object>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known) return known
  const made = make()
  map.set(key, made)
  return made
}
