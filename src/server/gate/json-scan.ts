/**
 * JSON of strangers: bounded before it is parsed (rule Z19).
 *
 * One pass over the bytes counts what makes a small text costly: nesting, entries, digits. It knows strings and nothing else of the grammar; whether
 * the text is JSON is for `JSON.parse` to say. In UTF-8 no byte of a character beyond ASCII looks like one of ASCII.
 */
import { HoldfastError } from '../../base/error.ts'

export interface JsonLimits {
  readonly bytes: number
  /** How deep arrays and objects may nest; default 200, as for values (rule V2). */
  readonly depth?: number
  /** Names of all objects and items of all arrays together; default 10,000. */
  readonly entries?: number
  /** Characters of one number; default 1,000. */
  readonly digits?: number
}

const defaults = Object.freeze({ depth: 200, entries: 10_000, digits: 1000 })

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const openings: readonly number[] = [0x5b, 0x7b]
const closings: readonly number[] = [0x5d, 0x7d]

/**
 * What the bytes say.
 *
 * Of names that an object holds twice the last one counts, as for `JSON.parse`. A name `__proto__` is data like any other: an own property of the result.
 *
 * @throws HoldfastError BODY_TOO_LARGE · BODY_TOO_COMPLEX · BODY_INVALID
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  assertJsonLimits(bytes, limits)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'it is no JSON' : 'it is no UTF-8'
    throw new HoldfastError('BODY_INVALID', `The text cannot be read: ${reason}.`, { reason }, { cause: error })
  }
}

/**
 * Refuses what would be costly to parse, in time linear in the bytes, and at once where there are too many of them.
 *
 * @throws HoldfastError BODY_TOO_LARGE · BODY_TOO_COMPLEX
 */
export function assertJsonLimits(bytes: Uint8Array, limits: JsonLimits): void {
  const { byteLength } = bytes
  if (byteLength > limits.bytes) {
    const facts = { bytes: byteLength, maxBytes: limits.bytes }
    throw new HoldfastError('BODY_TOO_LARGE', `The text has ${byteLength} bytes, and ${limits.bytes} are allowed.`, facts)
  }
  scan(bytes, { ...defaults, ...limits })
}

/**
 * Refuses a value that somebody else has parsed where its text would be refused for its nesting or its entries, before anything walks it by calls
 * that nest as it does.
 *
 * @throws HoldfastError BODY_TOO_COMPLEX
 */
export function assertValueLimits(value: unknown): void {
  let entries = 0
  let level = [value].filter(isNested)
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > defaults.depth) throw tooComplex('depth', defaults.depth)
    const items: unknown[] = []
    for (const nested of level) {
      const inside = Object.values(nested)
      entries += inside.length
      if (entries > defaults.entries) throw tooComplex('entries', defaults.entries)
      items.push(...inside)
    }
    level = items.filter(isNested)
  }
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function scan(bytes: Uint8Array, limits: Required<JsonLimits>): void {
  let depth = 0
  let entries = 0
  let digits = 0
  /** Just behind an opening bracket, where anything but a closing one is a first entry; the others follow a comma. */
  let isFresh = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    digits = isNumeric(byte) ? digits + 1 : 0
    if (digits > limits.digits) throw tooComplex('digits', limits.digits)
    if (isSpace(byte)) continue
    const isClosing = closings.includes(byte)
    if (byte === comma || (isFresh && !isClosing)) entries += 1
    if (entries > limits.entries) throw tooComplex('entries', limits.entries)
    isFresh = openings.includes(byte)
    if (isFresh) depth += 1
    else if (isClosing) depth -= 1
    else if (byte === quote) at = endOfString(bytes, at)
    if (depth > limits.depth) throw tooComplex('depth', limits.depth)
  }
}

/** Where the string that begins at `start` ends: its closing quote, or the end of the text. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at
}

/** Digits, sign, point and exponent. */
function isNumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x45 || byte === 0x65
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

const sayings = Object.freeze({
  depth: 'is nested deeper than',
  entries: 'has more entries than',
  digits: 'has a number with more digits than',
})

function tooComplex(what: 'depth' | 'entries' | 'digits', limit: number): HoldfastError {
  return new HoldfastError('BODY_TOO_COMPLEX', `The text ${sayings[what]} ${limit}.`, { what, limit })
}
