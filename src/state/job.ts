/** A job: one unit of work of a queue, as it is stored and as replicas hold it. */

/** Where a job stands. A queued job whose `runAt` is in the future is snoozed until then. */
export type JobState = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'

/** The states, in the order a job goes through them. */
export const jobStates: readonly JobState[] = Object.freeze(['queued', 'running', 'completed', 'failed', 'cancelled'])

/** What an attempt failed with. */
export interface JobError {
  /** Such as `TypeError`. */
  readonly name: string
  /** At most 4,096 characters. */
  readonly message: string
  /** Of errors that carry one, such as `SCHEMA_REJECTED` or `ENOENT`. */
  readonly code?: string
  /** The child process that failed with it, if one did. */
  readonly child?: JobChildError
}

/** A child process of a job that failed. */
export interface JobChildError {
  readonly command: string
  readonly exitCode?: number
  readonly signal?: string
  /** The end of what it wrote to stderr, at most 2,048 characters. */
  readonly stderr?: string
}

/** Why a job is where it is, when that is not its own doing. */
export type JobReason =
  /** Its attempt failed, and it is tried again at `runAt`. */
  | 'retrying'
  /** The process that ran it is gone, or did not renew its lease. */
  | 'interrupted'
  /** The worker that ran it was stopped before it was done. */
  | 'stopped'
  /** It took longer than `timeoutMs`. */
  | 'timeout'
  | 'cancelled'
  /** Somebody asked for it again. */
  | 'retried'

/** A job. Times are milliseconds since 1970. */
export interface Job<Input = unknown, Progress = unknown, Result = unknown> {
  /** Ids sort by the time at which jobs were enqueued. */
  readonly id: string
  readonly state: JobState
  readonly input: Input
  /** Single flight: of jobs with the same key, one at most is queued or running. */
  readonly key?: string
  /** Higher runs first; from −100 to 100. */
  readonly priority: number
  /** How many attempts have begun. */
  readonly attempt: number
  /** How many there may be. */
  readonly attempts: number
  /** Not before this time. */
  readonly runAt: number
  /** The last that was reported, of the newest attempt that reported any. */
  readonly progress?: Progress
  readonly result?: Result
  /** Of the last attempt that failed. */
  readonly error?: JobError
  readonly reason?: JobReason
  readonly createdAt: number
  /** When the last attempt began. */
  readonly startedAt?: number
  readonly endedAt?: number
  /** On whose behalf it was enqueued. */
  readonly actor?: string
  /** The schedule that enqueued it, and the time it was for. */
  readonly schedule?: { readonly name: string; readonly at: number }
}

interface JobIndex<Fields extends readonly string[]> {
  readonly fields: Fields
  readonly unique: boolean
}

/** The indexes of every queue. Without one, jobs are in the order in which they were enqueued. */
export interface JobIndexes {
  /** Jobs of a state: those that ended in the order they did, others by priority, lowest first, and then by the time from which they may run. */
  readonly byState: JobIndex<readonly ['state', 'endedAt', 'priority', 'runAt']>
  /** Jobs of a key, in the order they were enqueued. */
  readonly byKey: JobIndex<readonly ['key']>
}

function over<const Fields extends readonly string[]>(...fields: Fields): JobIndex<Fields> {
  return Object.freeze({ fields: Object.freeze(fields), unique: false })
}

export const jobIndexes: JobIndexes & { readonly [name: string]: JobIndex<readonly string[]> } = Object.freeze({
  byState: over('state', 'endedAt', 'priority', 'runAt'),
  byKey: over('key'),
})
