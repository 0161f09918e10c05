/** What a request for bytes asks for: all, a range, or nothing new (RFC 9110, 13 and 14). */

/** Headers by lower-case name, as `node:http` has them, or those of a `Request`. */
export type Headers = { readonly [name: string]: string | readonly string[] | undefined } | { get(name: string): string | null | undefined }

/** Which of the bytes, both inclusive. */
export interface AskedRange {
  readonly start: number
  readonly end: number
}

/** The requester has these bytes. */
export function isUnchanged(headers: Headers, etag: string): boolean {
  const given = read(headers, 'if-none-match')
  if (given === undefined) return false
  return given.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}

/** One range; several at once, another unit and a text that is none are answered with all, as the standard lets a server do. */
export function findRange(headers: Headers, etag: string, bytes: number): AskedRange | 'whole' | 'unsatisfiable' {
  const [, first = '', last = ''] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(read(headers, 'range') ?? '') ?? []
  if (first === '' && last === '') return 'whole'
  const condition = read(headers, 'if-range')
  if (condition !== undefined && condition.trim() !== etag) return 'whole'
  if (first === '') return lastBytes(Number(last), bytes)
  const start = Number(first)
  const end = last === '' ? bytes - 1 : Number(last)
  if (end < start && last !== '') return 'whole'
  return start >= bytes ? 'unsatisfiable' : { start, end: Math.min(end, bytes - 1) }
}

function lastBytes(count: number, bytes: number): AskedRange | 'unsatisfiable' {
  return count === 0 || bytes === 0 ? 'unsatisfiable' : { start: Math.max(0, bytes - count), end: bytes - 1 }
}

function read(headers: Headers, name: string): string | undefined {
  if (typeof headers['get'] === 'function') return (headers as { get(name: string): string | null | undefined }).get(name) ?? undefined
  const value = (headers as { readonly [name: string]: string | readonly string[] | undefined })[name]
  return typeof value === 'string' ? value : value?.join(', ')
}
