import type { Backoff } from '../base/backoff.ts'
import { misuse } from '../base/misuse.ts'
import { anything, checkOptions, integer, object, oneOf, text } from '../base/options.ts'
import type { Index } from './collection-kind.ts'
import { type CronTimes, readCron } from './cron.ts'
import { durabilities } from './durability.ts'
import { type Job, jobIndexes } from './job.ts'
import { jobSchema } from './job-schema.ts'
import { type AnyKind, type FeedMode, feedOf, type KindOptions, type Restorable } from './kind.ts'
import type { LogKind } from './log-kind.ts'
import { assertName, assertUniqueNames } from './names.ts'
import { assertSchema, type StandardSchemaV1, validate } from './standard-schema.ts'

/** What goes in and out of a queue: `given` is what a schema takes, the rest what it makes of it. */
export interface JobTypes {
  readonly given: unknown
  readonly input: unknown
  readonly progressGiven: unknown
  readonly progress: unknown
  readonly resultGiven: unknown
  readonly result: unknown
  readonly line: unknown
}

/** A job of these types, as it is read. */
export type StoredJob<Types extends JobTypes> = Job<Types['input'], Types['progress'], Types['result']>

/** What is kept of jobs that have ended. Of the number at most an eighth more is kept, because trimming goes in steps. */
export interface JobRetention {
  /** Jobs that have ended; default 10,000. */
  readonly count?: number
  /** How long after their end; default 30 days. */
  readonly ageMs?: number
}

/** Enqueues a job at the times of a cron expression: once a time, however many processes have the store open. */
export interface Schedule<Given = unknown> {
  /** Five fields (minute, hour, day of month, month, day of week), or six with seconds first. */
  readonly cron: string
  readonly input: Given
  /** IANA name; default: the zone of the machine. */
  readonly timeZone?: string
  /**
   * What happens with times that passed more than 30 s ago because no process was there: nothing (default), or one job for the
   * latest of them.
   */
  readonly missed?: 'skip' | 'once'
  /** Single flight: while a job with this key is queued or running, times pass without a job. */
  readonly key?: string
  readonly priority?: number
  readonly attempts?: number
}

/** A schedule that was read. */
export interface ReadSchedule extends Schedule {
  readonly name: string
  readonly missed: 'skip' | 'once'
  readonly times: CronTimes
}

/** Work to be done by whoever calls `work`, at least once. */
export interface JobsKind<Types extends JobTypes = JobTypes, Feed extends FeedMode = FeedMode> extends AnyKind {
  readonly type: 'jobs'
  readonly feed: Feed
  readonly key: 'id'
  readonly indexes: { readonly [name: string]: Index }
  readonly input: StandardSchemaV1
  readonly progress: StandardSchemaV1 | undefined
  readonly result: StandardSchemaV1 | undefined
  /** The log that lines of jobs go to; declared under a name of its own. */
  readonly log: LogKind | undefined
  readonly attempts: number
  readonly backoff: Backoff
  readonly timeoutMs: number
  readonly leaseMs: number
  readonly retention: Required<JobRetention>
  readonly schedules: readonly ReadSchedule[]
  /** For inference only. */
  readonly '~jobs'?: Types
}

/** A schema for what is not there. */
type None = StandardSchemaV1<never, never>
type In<Schema extends StandardSchemaV1> = StandardSchemaV1.InferInput<Schema>
type Out<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>

/** What a queue is declared with. */
export interface JobsOptions<
  Input extends StandardSchemaV1,
  Progress extends StandardSchemaV1,
  Result extends StandardSchemaV1,
  Line,
  Feed extends FeedMode,
> extends KindOptions<Feed> {
  /** What a job is to do. */
  readonly input: Input & Restorable<Input>
  /** What a running job tells of itself, at most 65,536 characters of JSON. Without it, it cannot. */
  readonly progress?: Progress & Restorable<Progress>
  /** What a handler returns. Without it, what it returns is dropped. */
  readonly result?: Result & Restorable<Result>
  /** A log of the same state, to which a handler's `log` adds lines, in the stream that is named like the job. */
  readonly log?: LogKind<Line>
  /** How often a job is tried before it has failed; default 3. */
  readonly attempts?: number
  /** Waits between attempts: from `minMs` (default 1,000), doubling to `maxMs` (default 300,000), with jitter. */
  readonly backoff?: Partial<Backoff>
  /** How long one attempt may take, ms; default an hour. */
  readonly timeoutMs?: number
  /**
   * After how long without a sign of life of its worker a job is given to another, ms; default 30,000, at least 100. A third of
   * it is the heartbeat.
   */
  readonly leaseMs?: number
  readonly retention?: JobRetention
  readonly schedules?: { readonly [name: string]: Schedule<In<Input>> }
}

const optionRules = {
  input: anything(),
  progress: anything(),
  result: anything(),
  log: object(),
  attempts: integer({ min: 1 }),
  backoff: object(),
  timeoutMs: integer({ min: 1 }),
  leaseMs: integer({ min: 100 }),
  retention: object(),
  schedules: object(),
  feed: oneOf(['value', 'key', 'none']),
  durability: oneOf(durabilities),
}
const backoffRules = { minMs: integer({ min: 0 }), maxMs: integer({ min: 0 }) }
const retentionRules = { count: integer({ min: 0 }), ageMs: integer({ min: 0 }) }
const scheduleRules = {
  cron: text(),
  input: anything(),
  timeZone: text(),
  missed: oneOf(['skip', 'once']),
  key: text(),
  priority: integer({ min: -100, max: 100 }),
  attempts: integer({ min: 1 }),
}

/**
 * Declares a queue of jobs, which run at least once: after a crash, an attempt that was under way is made again.
 *
 * @throws TypeError for a thing that is not a schema, an unknown option or a wrong one, and a bad cron expression
 */
export function jobs<
  Input extends StandardSchemaV1,
  Progress extends StandardSchemaV1 = None,
  Result extends StandardSchemaV1 = None,
  Line = never,
  const Feed extends FeedMode = 'value',
>(
  options: JobsOptions<Input, Progress, Result, Line, Feed>,
): JobsKind<
  {
    readonly given: In<Input>
    readonly input: Out<Input>
    readonly progressGiven: In<Progress>
    readonly progress: Out<Progress>
    readonly resultGiven: In<Result>
    readonly result: Out<Result>
    readonly line: Line
  },
  NoInfer<Feed>
> {
  checkOptions('jobs', options, optionRules)
  const { input, progress, result, log, attempts = 3, timeoutMs = 3_600_000, leaseMs = 30_000 } = options ?? {}
  assertSchema('jobs input', input)
  if (progress !== undefined) assertSchema('jobs progress', progress)
  if (result !== undefined) assertSchema('jobs result', result)
  if (log !== undefined && log.type !== 'log') throw misuse('log', 'a kind made by log()', log)
  checkOptions('backoff', options.backoff, backoffRules)
  checkOptions('retention', options.retention, retentionRules)
  return Object.freeze({
    type: 'jobs',
    schema: jobSchema({ input, progress, result }),
    key: 'id',
    indexes: jobIndexes,
    input,
    progress,
    result,
    log,
    attempts,
    backoff: Object.freeze({ minMs: 1000, maxMs: 300_000, ...options.backoff }),
    timeoutMs,
    leaseMs,
    retention: Object.freeze({ count: 10_000, ageMs: 30 * 24 * 3_600_000, ...options.retention }),
    schedules: readSchedules(options.schedules ?? {}, input),
    feed: feedOf(options),
    durability: options.durability,
  })
}

function readSchedules(declared: { readonly [name: string]: Schedule }, input: StandardSchemaV1): readonly ReadSchedule[] {
  assertUniqueNames('schedule', Object.keys(declared))
  return Object.freeze(Object.entries(declared).map(([name, schedule]) => readSchedule(name, schedule, input)))
}

function readSchedule(name: string, schedule: Schedule, input: StandardSchemaV1): ReadSchedule {
  assertName('schedule', name)
  checkOptions(`schedule ${name}`, schedule, scheduleRules)
  if (typeof schedule?.cron !== 'string') throw misuse(`schedules.${name}.cron`, 'a cron expression', schedule?.cron)
  // What is refused now would be refused each time.
  validate(input, schedule.input, name)
  const times = readCron(schedule.cron, schedule.timeZone)
  return Object.freeze({ missed: 'skip', ...schedule, name, times })
}
