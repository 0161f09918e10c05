import { misuse, outOfRange } from '../../base/misuse.ts'
import { checkOptions, integer, text } from '../../base/options.ts'
import { assertKeyText } from '../../state/value.ts'

/** How a job is enqueued. */
export interface EnqueueOptions {
  /** Single flight: while a job with this key is queued or running, there is no second one. */
  readonly key?: string | undefined
  /** Higher runs first; a whole number from −100 to 100, default 0. */
  readonly priority?: number | undefined
  /** Not before so many ms have passed. Either this or `runAt`. */
  readonly delayMs?: number | undefined
  /** Not before this time, in ms since 1970; it must not have passed. */
  readonly runAt?: number | undefined
  /** How often it is tried before it has failed; default: what the queue declares. */
  readonly attempts?: number | undefined
  /** On whose behalf; kept with the job. */
  readonly actor?: string | undefined
}

const rules = {
  key: text(),
  priority: integer({ min: -100, max: 100 }),
  delayMs: integer({ min: 0, max: 100 * 365 * 24 * 3_600_000 }),
  runAt: integer({ min: 0, max: 8.64e15 }),
  attempts: integer({ min: 1 }),
  actor: text(),
}

/** A commit runs later than it is asked for: what was the present then is not yet the past. */
const presentMs = 60_000

/** @throws TypeError · RangeError · HoldfastError VALUE_INVALID for a key that is none */
export function checkEnqueue(kind: string, options: EnqueueOptions | undefined, now: number): void {
  checkOptions('enqueue', options, rules)
  if (options?.key !== undefined) assertKeyText('job key', options.key, { kind })
  if (options?.actor !== undefined) assertKeyText('actor', options.actor, { kind })
  const { delayMs, runAt } = options ?? {}
  if (runAt === undefined) return
  if (delayMs !== undefined) throw misuse('runAt', 'undefined beside delayMs', runAt)
  if (runAt < now - presentMs) throw outOfRange('runAt', `a time that has not passed; it is ${now} now`, runAt)
}
