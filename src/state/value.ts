/**
 * The value domain (rule V2): JSON with finite numbers, nested at most 200 deep, the same everywhere.
 *
 * Stored text is JSON as `JSON.stringify` writes it, so −0 is stored as 0 and properties that are undefined are left out. What
 * JSON would change silently is refused instead: NaN, holes and undefined in arrays, Date, Map, class instances, functions.
 */
import { describe } from '../base/describe.ts'
import { HoldfastError } from '../base/error.ts'
import { isPlainArray, isPlainObject, isPrototypeTainted } from './plain.ts'
import { showPath } from './value-path.ts'

/** How deep arrays and objects may nest in a value. */
export const maxDepth = 200

/** How long a key text may be, in UTF-16 units. */
export const maxKeyLength = 1024

/** A value as it is stored. */
export interface StoredForm {
  readonly text: string
  /** The plain data that the text was made from; not frozen, and nobody else's. */
  readonly data: unknown
}

/** The canonical text of a value; two values are equal when their texts are. As {@link toStored}. */
export function toStoredText(value: unknown, kind?: string): string {
  return toStored(value, kind).text
}

/**
 * The form in which a value is stored: whoever needs a part of it besides the text, such as its key, takes it from `data`.
 *
 * Reads each property once, into a copy of its own, and stringifies that: a getter or Proxy that answers differently a second
 * time changes nothing, and no `toJSON` is ever called. Symbol keys, properties that are not enumerable and named properties of
 * arrays are no data and are left out.
 *
 * @param kind named in the error
 * @throws HoldfastError VALUE_INVALID with the path of what cannot be stored, such as `$.hosts[3].seenAt`
 * @throws whatever a getter or Proxy in the value throws
 */
export function toStored(value: unknown, kind?: string): StoredForm {
  const root: Place = { walk: { kind, isTainted: isPrototypeTainted() }, parent: undefined, key: '', holder: undefined, depth: 0 }
  if (value === undefined) throw refusal(root, '', 'is undefined')
  if (isContainer(value)) {
    const data = copyContainer(value, root, '')
    return { text: JSON.stringify(data), data }
  }
  assertLeaf(value, root, '')
  return { text: JSON.stringify(value), data: value }
}

/**
 * The text of plain data that is known to be storable, since it is put together from what `fromStoredText` and `toStored` made.
 * Nothing is checked.
 */
export function textOfStored(data: object): string {
  return isPrototypeTainted() ? toStored(data).text : JSON.stringify(data)
}

/** An array or object being copied, and where it stands. Paths are put together only for an error. */
interface Place {
  readonly walk: { readonly kind: string | undefined; readonly isTainted: boolean }
  readonly parent: Place | undefined
  /** The name or number under which `parent` holds this. */
  readonly key: string | number
  readonly holder: object | undefined
  /** 0 around the whole value, 1 in its outermost array or object. */
  readonly depth: number
}

function copyContainer(value: object, parent: Place, key: string | number): object {
  const place: Place = { walk: parent.walk, parent, key, holder: value, depth: parent.depth + 1 }
  if (place.depth > maxDepth) throw tooDeep(place)
  return Array.isArray(value) ? copyArray(value, place) : copyObject(value as Record<string, unknown>, place)
}

function copyArray(value: readonly unknown[], place: Place): unknown[] {
  if (!isPlainArray(value)) throw refusal(place.parent as Place, place.key, `is ${describe(value)}, not a plain array`)
  const copied: unknown[] = []
  const { length } = value
  for (let at = 0; at < length; at++) {
    const element = value[at]
    if (element === undefined) throw refusal(place, at, at in value ? 'is undefined' : 'is a hole in the array')
    if (isContainer(element)) {
      copied.push(copyContainer(element, place, at))
    } else {
      assertLeaf(element, place, at)
      copied.push(element)
    }
  }
  if (place.walk.isTainted) Object.setPrototypeOf(copied, null)
  return copied
}

function copyObject(value: Record<string, unknown>, place: Place): object {
  if (!isPlainObject(value)) throw refusal(place.parent as Place, place.key, `is ${describe(value)}, not a plain object`)
  // The spread is the one reading: quick, and it makes data properties of getters and an own one of "__proto__".
  const copied = { ...value }
  if (place.walk.isTainted) Object.setPrototypeOf(copied, null)
  for (const name in copied) {
    const given = copied[name]
    if (isContainer(given)) copied[name] = copyContainer(given, place, name)
    else assertLeaf(given, place, name)
  }
  return copied
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function assertLeaf(value: unknown, place: Place, key: string | number): void {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null || value === undefined) return
  if (typeof value === 'number' && Number.isFinite(value)) return
  throw refusal(place, key, `is ${describe(value)}`)
}

function tooDeep(place: Place): HoldfastError<'VALUE_INVALID'> {
  const line: Place[] = []
  for (let at: Place | undefined = place; at?.holder !== undefined; at = at.parent) line.unshift(at)
  for (const [at, { holder, parent, key }] of line.entries()) {
    const first = line.findIndex((other) => other.holder === holder)
    const origin = line[first]
    if (origin === undefined || first === at) continue
    return refusal(parent as Place, key, `is a cycle: it leads back to ${pathOf(origin.parent as Place, origin.key)}`)
  }
  return refusal(place.parent as Place, place.key, `is nested more than ${maxDepth} deep`)
}

function refusal(place: Place, key: string | number, reason: string): HoldfastError<'VALUE_INVALID'> {
  const { kind } = place.walk
  const path = pathOf(place, key)
  const what = kind === undefined ? 'The value' : `The value for "${kind}"`
  const details = kind === undefined ? { path, reason } : { kind, path, reason }
  return new HoldfastError('VALUE_INVALID', `${what} cannot be stored: ${path} ${reason}.`, details)
}

function pathOf(place: Place, key: string | number): string {
  const keys: (string | number)[] = []
  let name = key
  for (let at = place; at.parent !== undefined; at = at.parent) {
    keys.unshift(name)
    name = at.key
  }
  return showPath(keys)
}

/**
 * The value of a stored text, deeply frozen.
 *
 * @throws SyntaxError for text that is not JSON
 * @throws HoldfastError VALUE_INVALID for text nested deeper than anything `toStoredText` writes
 */
export function fromStoredText(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (isContainer(value)) freezeDeeply(value, 1)
  return value
}

function freezeDeeply(value: object, depth: number): void {
  if (depth > maxDepth) {
    const reason = `is nested more than ${maxDepth} deep`
    throw new HoldfastError('VALUE_INVALID', `A stored value ${reason}.`, { path: '$', reason })
  }
  for (const inner of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) {
    if (isContainer(inner)) freezeDeeply(inner, depth + 1)
  }
  Object.freeze(value)
}

/** What surrounds a key text. */
export interface KeyTextOptions {
  /** Named in the error. */
  readonly kind?: string | undefined
  /** Whether `''` will do, as it does for streams and indexed strings. */
  readonly allowEmpty?: boolean
}

/**
 * Checks a text that SQLite compares: a record key or a stream name.
 *
 * @param what names the text in the error, such as `key`
 * @throws HoldfastError VALUE_INVALID unless it is a well-formed string of 1 to 1024 UTF-16 units without NUL
 */
export function assertKeyText(what: string, text: unknown, options?: KeyTextOptions): asserts text is string {
  const reason = keyTextProblem(text)
  if (reason === undefined || (text === '' && options?.allowEmpty === true)) return
  const kind = options?.kind
  const where = kind === undefined ? `The ${what}` : `The ${what} of "${kind}"`
  throw new HoldfastError(
    'VALUE_INVALID',
    `${where} ${reason}.`,
    kind === undefined ? { path: what, reason } : { kind, path: what, reason },
  )
}

/** SQLite tells it from every other text: it has no NUL and no half of a surrogate pair. Nothing is stored under any other. */
export function isDistinct(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** What keeps `text` from being a key text, or undefined when nothing does. */
export function keyTextProblem(text: unknown): string | undefined {
  if (typeof text !== 'string') return `is ${describe(text)}, not a string`
  if (text === '') return 'is empty'
  if (text.length > maxKeyLength) return `has ${text.length} characters, more than ${maxKeyLength}`
  if (text.includes('\0')) return 'contains a NUL character'
  return text.isWellFormed() ? undefined : 'contains half of a surrogate pair'
}
