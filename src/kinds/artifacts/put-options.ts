/** What a put may be told besides the bytes and what is known of them. */
import { HoldfastError } from '../../base/error.ts'
import { checkOptions, fn, signal, text } from '../../base/options.ts'
import { assertKeyText } from '../../state/value.ts'
import type { PutProgress } from './receive.ts'

/** What an artifact belongs to. */
export interface ArtifactLinks {
  /** Id of the job it came from. */
  readonly job?: string | undefined
  /** The record it belongs to: name of its kind, a slash, its key, such as `hosts/10.0.0.4`. */
  readonly record?: string | undefined
}

/** Options of `put` and `stage`. */
export interface PutOptions extends ArtifactLinks {
  /** What people call it: a file name of 1 to 255 characters, without slashes and control characters. It never becomes a path. */
  readonly name?: string | undefined
  /** Media type, such as `text/html; charset=utf-8`; default `application/octet-stream`. */
  readonly type?: string | undefined
  /** Id of an artifact whose bytes and meta these replace; its version goes up. What else is not given stays. */
  readonly replace?: string | undefined
  /** Ends the put; nothing is left of it. */
  readonly signal?: AbortSignal | undefined
  /** Told after each piece that is written. What it throws ends the put. */
  readonly onProgress?: ((progress: PutProgress) => void) | undefined
  /** What it was for, recorded in the history. Of `put` only. */
  readonly label?: string | undefined
  /** On whose behalf, recorded in the history. Of `put` only. */
  readonly actor?: string | undefined
}

const rules = {
  name: text(),
  type: text(),
  replace: text(),
  job: text(),
  record: text(),
  signal: signal(),
  onProgress: fn(),
  label: text(),
  actor: text(),
}
const longestName = 255
const mediaType =
  /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?:\s*;\s*[\w!#$&^.+-]{1,63}=(?:[\w!#$&^.+-]{1,127}|"[\w !#$&^.+/:,=()-]{0,127}"))*$/
const recordName = /^[a-z][A-Za-z0-9]{0,62}\/[^\0]+$/s

/**
 * @throws TypeError for an unknown option or a wrong one
 * @throws HoldfastError VALUE_INVALID for a name, type or link that is not one
 */
export function checkPutOptions(kind: string, options: PutOptions | undefined): void {
  checkOptions('put', options, rules)
  checkFacts(kind, options ?? {})
}

/** The facts of a record that are not its meta. @throws HoldfastError VALUE_INVALID */
export function checkFacts(kind: string, { name, type, job, record }: Pick<PutOptions, 'name' | 'type' | 'job' | 'record'>): void {
  if (name !== undefined) refuse(kind, 'name', nameProblem(name))
  if (type !== undefined && !isMediaType(type)) refuse(kind, 'type', 'is no media type')
  if (job !== undefined) assertKeyText('job', job, { kind })
  if (record === undefined) return
  assertKeyText('record', record, { kind })
  if (!recordName.test(record)) refuse(kind, 'record', 'is not the name of a kind, a slash and a key')
}

export function isMediaType(text: string): boolean {
  return mediaType.test(text)
}

function nameProblem(name: string): string | undefined {
  if (name.length === 0) return 'is empty'
  if (name.length > longestName) return `has ${name.length} characters, more than ${longestName}`
  if (!name.isWellFormed()) return 'contains half of a surrogate pair'
  if (/[\p{Cc}\u2028\u2029]/u.test(name)) return 'contains a control character'
  return /[/\\]/.test(name) || name === '.' || name === '..' ? 'is a path, not a file name' : undefined
}

function refuse(kind: string, path: string, reason: string | undefined): void {
  if (reason === undefined) return
  throw new HoldfastError('VALUE_INVALID', `The ${path} of an artifact of "${kind}" ${reason}.`, { kind, path, reason })
}
