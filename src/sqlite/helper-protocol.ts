/**
 * What a store's thread and its helper thread say to each other.
 *
 * The store sends requests, each answered once by its number; the helper also sends events. Everything is plain data, so
 * that it can cross threads; errors travel as their code and facts and are made into HoldfastErrors again on arrival.
 */
import type { ErrorCode, ErrorDetails } from '../base/error-codes.ts'
import { HoldfastError, isHoldfastError } from '../base/error.ts'
import type { Bind, DriverName, Row } from './driver.ts'
import type { StoreFiles } from './store-files.ts'
import type { NewStore } from './tables.ts'

/** What the helper is started with. */
export interface HelperSetup {
  readonly files: StoreFiles
  readonly driver: DriverName
  /** Absolute path of better-sqlite3, resolved by the store's thread. */
  readonly betterSqlitePath: string | undefined
  readonly readOnly: boolean
  /** The directory cannot be written and no log has content: the file is read without locks. */
  readonly isImmutable: boolean
  /** Used when the store is empty. */
  readonly create: NewStore
  /** How long to wait for other processes that hold the lock while opening, ms. */
  readonly deadlineMs: number
}

/** A statement with what is bound to it. */
export type Step = readonly [sql: string, ...binds: Bind[]]

/** Steps to run in one transaction, if every guard still answers what was seen before. */
export interface Script {
  readonly guards: readonly { readonly query: Step; readonly answer: Row | null }[]
  readonly steps: readonly Step[]
  /** How long to wait for other processes that hold the lock, ms. */
  readonly deadlineMs: number
}

/** A statement that the helper runs by itself, however busy the store's thread is. Its time is SQLite's. */
export interface Repetition {
  readonly name: string
  readonly everyMs: number
  /** Nothing ends it. */
  readonly step: Step | undefined
}

/**
 * `PASSIVE` copies what it can beside the writers. `RESTART` waits for readers and copies everything, so that the log is written
 * from its beginning again. `TRUNCATE` also cuts its file, which makes the writes after it dearer: they need new blocks.
 */
export type CheckpointMode = 'PASSIVE' | 'RESTART' | 'TRUNCATE'

/** How a checkpoint ended. `isBusy`: readers or writers kept it from finishing; it can be tried again. */
export interface CheckpointResult {
  readonly isBusy: boolean
  readonly walFrames: number
  readonly copiedFrames: number
  /** What is in use of the log after it. */
  readonly walBytes: number
  readonly walFileBytes: number
}

/** Requests by name: what goes in and what comes out. */
export interface HelperCalls {
  /** Makes every commit finished before the call durable; answers the bytes in use of the write-ahead log. */
  readonly sync: { readonly input: undefined; readonly output: number }
  /** Answers the bytes in use of the write-ahead log. */
  readonly measure: { readonly input: undefined; readonly output: number }
  readonly checkpoint: { readonly input: { readonly mode: CheckpointMode; readonly waitMs: number }; readonly output: CheckpointResult }
  /** Starts or stops looking for commits of other processes. */
  readonly watch: { readonly input: boolean; readonly output: undefined }
  /** Answers false when a guard did not hold; then nothing was done. */
  readonly script: { readonly input: Script; readonly output: boolean }
  /** Writes a verified copy of the store to a file that must not exist, and deletes old copies whose names begin with `prefix`. */
  readonly backup: { readonly input: { readonly file: string; readonly prefix: string }; readonly output: undefined }
  /** Runs a statement again and again, or stops doing so; the name tells it from others. A beat that meets a lock held by others waits. */
  readonly repeat: { readonly input: Repetition; readonly output: undefined }
  /** Checkpoints, closes the connection and ends. */
  readonly close: { readonly input: undefined; readonly output: undefined }
}

export type HelperCall = keyof HelperCalls

export interface HelperRequest<Call extends HelperCall = HelperCall> {
  readonly number: number
  readonly call: Call
  readonly input: HelperCalls[Call]['input']
}

/** An error, as data. */
export interface ErrorMessage {
  readonly code: ErrorCode | undefined
  readonly message: string
  readonly details: unknown
}

export type HelperMessage =
  | { readonly ready: true; readonly walBytes: number; readonly created: boolean }
  | { readonly number: number; readonly output: unknown }
  | { readonly number: number; readonly error: ErrorMessage }
  /** Another process has committed, or something else changed; commits up to `head` are durable. */
  | { readonly changedTo: number }
  /** Something it does by itself failed; it is tried again. */
  | { readonly failed: ErrorMessage }

export function toErrorMessage(error: unknown): ErrorMessage {
  if (isHoldfastError(error)) return { code: error.code, message: error.message, details: error.details }
  return { code: undefined, message: error instanceof Error ? (error.stack ?? error.message) : String(error), details: undefined }
}

export function fromErrorMessage({ code, message, details }: ErrorMessage): Error {
  if (code === undefined) return new Error(message)
  const error = new HoldfastError(code, '', details as ErrorDetails[typeof code])
  error.message = message
  return error
}
