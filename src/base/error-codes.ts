/**
 * The table of errors: every code Holdfast can raise, with the facts it carries and what to do about it.
 *
 * `docs/errors.md` is generated from this table. A code, once released, keeps its meaning.
 */

/** How callers, the network side and the command line treat an error. */
export interface ErrorTraits {
  /** The same call may succeed later without a change by the caller. */
  readonly retryable: boolean
  /** Status a server answers with. */
  readonly httpStatus: number
  /** Exit code of the `holdfast` command. */
  readonly exitCode: number
  /** One sentence: what to do now. */
  readonly remedy: string
}

/** The facts carried by each code, as `error.details`. */
export interface ErrorDetails {
  // Declaring and values
  DEFINITION_INVALID: { readonly what: string }
  SCHEMA_ASYNC: { readonly kind: string }
  VALUE_INVALID: { readonly kind?: string; readonly path: string; readonly reason: string }
  SCHEMA_REJECTED: { readonly kind: string; readonly issues: readonly { readonly path: string; readonly message: string }[] }
  OPTION_INVALID: { readonly option: string; readonly expected: string; readonly given: string; readonly nearest?: string }
  // Committing
  COMMIT_CALLBACK_ASYNC: { readonly label?: string }
  COMMIT_NESTED: { readonly method: string }
  COMMIT_TOO_LARGE: { readonly bytes: number; readonly maxBytes: number }
  COMMIT_UNKNOWN: { readonly token: string }
  TX_ENDED: { readonly method: string }
  REVISION_CONFLICT: { readonly kind: string; readonly key: string; readonly expected: number | null; readonly actual: number | null }
  UNIQUE_CONFLICT: { readonly kind: string; readonly index: string; readonly key: string; readonly heldBy: string }
  KEY_EXISTS: { readonly kind: string; readonly key: string; readonly revision: number }
  KEY_MISSING: { readonly kind: string; readonly key: string }
  LEASE_LOST: { readonly kind: string; readonly id: string; readonly attempt: number }
  PARENT_MISSING: { readonly kind: string; readonly key: string; readonly parent: string; readonly parentKey: string }
  ID_REUSED: { readonly id: string; readonly action: string; readonly recordedAction: string }
  QUEUE_FULL: { readonly limit: number }
  STORE_BUSY: { readonly waitedMs: number }
  WAL_FULL: { readonly walBytes: number; readonly maxBytes: number }
  DISK_FULL: { readonly file: string }
  // Reading and following
  INDEX_UNKNOWN: { readonly kind: string; readonly index: string; readonly declared: readonly string[] }
  KIND_UNKNOWN: { readonly kind: string; readonly declared: readonly string[] }
  SETTING_UNKNOWN: { readonly kind: string; readonly setting: string; readonly declared: readonly string[] }
  PAGE_INVALID: { readonly reason: string }
  CURSOR_INVALID: { readonly reason: string }
  CURSOR_EXPIRED: { readonly revision: number; readonly horizon: number }
  CURSOR_IN_FUTURE: { readonly revision: number; readonly head: number }
  CURSOR_DIVERGED: { readonly revision: number | undefined; readonly reason: 'epoch' | 'check' | 'grant' }
  SNAPSHOT_TOO_SLOW: { readonly elapsedMs: number; readonly limitMs: number }
  // The network side
  CONSUMER_TOO_SLOW: { readonly pendingBytes: number; readonly patienceMs: number }
  STATE_VERSION_MISMATCH: { readonly asked: string; readonly served: string }
  REQUEST_INVALID: { readonly reason: string }
  ROUTE_UNKNOWN: { readonly method: string; readonly path: string }
  ACTION_UNKNOWN: { readonly action: string; readonly declared: readonly string[] }
  ACTION_REFUSED: { readonly reason: string }
  GRANT_INVALID: { readonly where: string; readonly reason: string }
  TOO_MANY_STREAMS: { readonly limit: number }
  PORTS_TAKEN: { readonly host: string; readonly from: number; readonly to: number; readonly reason: string }
  INTERNAL: { readonly reference: string }
  UNAUTHENTICATED: { readonly reason: string }
  CODE_INVALID: { readonly reason: string }
  HOST_REFUSED: { readonly host: string; readonly reason: string }
  ORIGIN_REFUSED: { readonly origin: string; readonly reason: string }
  REQUEST_REFUSED: { readonly reason: string }
  TOKEN_IN_ADDRESS: { readonly where: string }
  TOKEN_UNSAFE: { readonly file: string; readonly reason: string }
  UNSUPPORTED_MEDIA_TYPE: { readonly given: string }
  UPGRADE_UNSUPPORTED: { readonly asked: string }
  BODY_TOO_LARGE: { readonly bytes: number; readonly maxBytes: number }
  BODY_TOO_COMPLEX: { readonly what: 'depth' | 'entries' | 'digits'; readonly limit: number }
  BODY_INVALID: { readonly reason: string }
  // Opening, migrating, closing
  STORE_ABSENT: { readonly directory: string }
  STORE_CLOSED: { readonly method: string }
  STORE_CORRUPT: { readonly file: string; readonly reason: string }
  STORE_FOREIGN: { readonly file: string; readonly reason: string }
  STORE_IO: { readonly file: string; readonly reason: string }
  STORE_MISMATCH: { readonly directory: string; readonly stored: string; readonly declared: string }
  STORE_NEWER: { readonly directory: string; readonly stored: number; readonly supported: number; readonly what: 'state' | 'format' }
  STORE_OPEN: { readonly directory: string; readonly reason: string }
  STORE_POISONED: { readonly reason: string }
  STORE_READ_ONLY: { readonly method: string }
  STATE_CHANGED: { readonly kind: string; readonly what: string; readonly stored: string; readonly declared: string }
  MIGRATION_FAILED: { readonly version: number; readonly name: string; readonly failures: readonly string[] }
  MIGRATION_CHANGED: { readonly version: number; readonly recorded: string; readonly declared: string }
  SETTINGS_FILE_INVALID: { readonly file: string; readonly reason: string }
  // The machine
  DIRECTORY_INVALID: { readonly directory: string; readonly reason: string }
  PERMISSION: { readonly path: string; readonly reason: string }
  UNSUPPORTED_FILESYSTEM: { readonly directory: string; readonly filesystem: string }
  SQLITE_UNSAFE_VERSION: { readonly version: string; readonly driver: string }
  DUPLICATE_SQLITE_LIBRARY: { readonly file: string; readonly open: string; readonly requested: string }
  DRIVER_UNAVAILABLE: { readonly driver: string; readonly reason: string }
  PRAGMA_REFUSED: { readonly pragma: string; readonly wanted: string; readonly got: string }
  RUNTIME_TOO_OLD: { readonly running: string; readonly needed: string }
  REGISTRATION_RELEASED: { readonly name: string }
  // Artifacts
  ARTIFACT_MISSING: { readonly kind: string; readonly id: string; readonly reason: 'record' | 'version' | 'file' }
  ARTIFACT_CORRUPT: { readonly kind: string; readonly id: string; readonly hash: string; readonly reason: 'length' | 'hash' }
}

export type ErrorCode = keyof ErrorDetails

const traits = (retryable: boolean, httpStatus: number, exitCode: number, remedy: string): ErrorTraits =>
  Object.freeze({ retryable, httpStatus, exitCode, remedy })

/** Exit codes follow sysexits(3): 64 usage, 65 data, 66 no input, 69 unavailable, 70 internal, 74 I/O, 75 try again, 77 permission. */
export const errorTraits: { readonly [Code in ErrorCode]: ErrorTraits } = Object.freeze({
  DEFINITION_INVALID: traits(false, 500, 64, 'Correct the declaration passed to defineState.'),
  SCHEMA_ASYNC: traits(false, 500, 64, 'Use a schema without asynchronous refinements or transforms.'),
  VALUE_INVALID: traits(false, 422, 65, 'Store plain JSON data: finite numbers, no Date, Map, bigint or class instance; convert first.'),
  SCHEMA_REJECTED: traits(false, 422, 65, 'Send a value the declared schema accepts; the issues name each path.'),
  OPTION_INVALID: traits(false, 400, 64, 'Pass what the message says was expected.'),
  COMMIT_CALLBACK_ASYNC: traits(
    false,
    500,
    70,
    'Do asynchronous work before store.commit and pass its result into a synchronous callback.',
  ),
  COMMIT_NESTED: traits(false, 500, 70, 'Inside a commit use its tx argument for reads and writes.'),
  COMMIT_TOO_LARGE: traits(false, 413, 65, 'Split the change into several commits, or raise maxCommitBytes.'),
  COMMIT_UNKNOWN: traits(
    false,
    503,
    75,
    'Ask store.lookup(error.details.token) whether the commit is in the history before doing it again.',
  ),
  TX_ENDED: traits(false, 500, 70, 'Use tx only inside the callback it was given to; start a new commit.'),
  REVISION_CONFLICT: traits(false, 409, 75, 'Read the record again, decide anew, and commit with the revision read.'),
  UNIQUE_CONFLICT: traits(false, 409, 65, 'Choose another value for the unique fields, or change the record that holds them.'),
  KEY_EXISTS: traits(false, 409, 65, 'Use put to replace, or update to change the record that is there.'),
  KEY_MISSING: traits(false, 404, 65, 'Use insert or put to create the record first.'),
  LEASE_LOST: traits(
    false,
    409,
    75,
    'Stop working on this attempt: the job has ended, was cancelled, or was given to another worker; nothing of it was written.',
  ),
  PARENT_MISSING: traits(false, 409, 65, 'Write the parent first, in the same commit or an earlier one.'),
  ID_REUSED: traits(false, 409, 65, 'Give each request an id of its own.'),
  QUEUE_FULL: traits(true, 503, 75, 'Await commits, so that producers slow down to what the disk takes.'),
  STORE_BUSY: traits(true, 503, 75, 'Another process held the write lock; try again.'),
  WAL_FULL: traits(true, 503, 75, 'A reader keeps the write-ahead log from being emptied; close it (health names it) and try again.'),
  DISK_FULL: traits(true, 507, 74, 'Free space on the disk of the store; work resumes without a restart.'),
  INDEX_UNKNOWN: traits(false, 400, 64, 'Declare the index on the collection, or use one that is declared.'),
  KIND_UNKNOWN: traits(false, 400, 64, 'Use a kind that the state declares.'),
  SETTING_UNKNOWN: traits(false, 400, 64, 'Use a setting that the state declares.'),
  PAGE_INVALID: traits(false, 400, 64, 'Pass `next` of the page before, with the same index, equals and order; or start again without it.'),
  CURSOR_INVALID: traits(false, 400, 64, 'Pass a cursor exactly as it was received, or hydrate from a snapshot.'),
  CURSOR_EXPIRED: traits(
    false,
    410,
    75,
    'The commits after this cursor are pruned; reset: take a new snapshot and follow from its cursor.',
  ),
  CURSOR_IN_FUTURE: traits(false, 409, 75, 'The store has not reached this cursor; reset: take a new snapshot and follow from its cursor.'),
  CURSOR_DIVERGED: traits(false, 409, 75, 'The cursor belongs to another history; reset: take a new snapshot and follow from its cursor.'),
  SNAPSHOT_TOO_SLOW: traits(true, 503, 75, 'Ask for fewer kinds, or try again when the machine is less busy.'),
  CONSUMER_TOO_SLOW: traits(true, 503, 75, 'Read faster, or follow fewer kinds; connect again and go on from the last cursor.'),
  STATE_VERSION_MISMATCH: traits(false, 409, 65, 'Reload the page: the server runs another version of the program.'),
  REQUEST_INVALID: traits(false, 400, 64, 'Send what docs/protocol.md describes for this address.'),
  ROUTE_UNKNOWN: traits(false, 404, 64, 'Ask for one of the addresses in docs/protocol.md.'),
  ACTION_UNKNOWN: traits(false, 404, 64, 'Call an action that the server was given.'),
  ACTION_REFUSED: traits(false, 409, 65, 'Do what the reason says, and ask again.'),
  GRANT_INVALID: traits(false, 500, 70, 'Correct what `grants` answers: for each kind "all", "none", or fields and what each has to be.'),
  TOO_MANY_STREAMS: traits(true, 503, 75, 'Close streams that nobody reads, or raise maxStreams.'),
  PORTS_TAKEN: traits(
    true,
    500,
    75,
    'End the program that holds the port, or choose another one. Without the option port, serve takes the one that the store was served on last, which another server of the same store may hold.',
  ),
  INTERNAL: traits(false, 500, 70, 'Look for the reference in the report of the server.'),
  UNAUTHENTICATED: traits(
    false,
    401,
    77,
    'Sign in with a fresh link of the server, or send the token of its store in the header Authorization.',
  ),
  CODE_INVALID: traits(false, 401, 77, 'Ask the server for a fresh link: a code works once, and for 30 seconds.'),
  HOST_REFUSED: traits(false, 421, 77, 'Use 127.0.0.1 or localhost with the port of the server, or list the name in `names`.'),
  ORIGIN_REFUSED: traits(false, 403, 77, 'Open the page from this server itself, or list its origin in `origins`.'),
  REQUEST_REFUSED: traits(false, 403, 77, 'Send the header holdfast-request beside the cookie, as the client of Holdfast does.'),
  TOKEN_IN_ADDRESS: traits(
    false,
    400,
    77,
    'Send the token in the header Authorization. Addresses end up in logs: if it was the token itself, delete its file to get a new one.',
  ),
  TOKEN_UNSAFE: traits(false, 500, 77, 'Find out who changed the file, then delete it: a new token is made, and everybody signs in again.'),
  UNSUPPORTED_MEDIA_TYPE: traits(false, 415, 65, 'Send JSON, with the header Content-Type: application/json.'),
  UPGRADE_UNSUPPORTED: traits(
    false,
    501,
    69,
    'Pass WebSocketServer of the package ws to the server and open a WebSocket to the feed, or follow by server-sent events.',
  ),
  BODY_TOO_LARGE: traits(false, 413, 65, 'Send less at once.'),
  BODY_TOO_COMPLEX: traits(false, 422, 65, 'Send flatter data with fewer entries and shorter numbers.'),
  BODY_INVALID: traits(false, 400, 65, 'Send JSON in UTF-8.'),
  STORE_ABSENT: traits(false, 404, 66, 'Open the store for writing once to create it, or correct the directory.'),
  STORE_CLOSED: traits(false, 503, 70, 'Open the store again; a closed handle stays closed.'),
  STORE_CORRUPT: traits(false, 500, 74, 'Keep the directory as it is and restore a backup beside it; nothing was deleted.'),
  STORE_FOREIGN: traits(false, 500, 65, 'Choose another directory: this file was not written by Holdfast.'),
  STORE_IO: traits(true, 503, 74, 'Check the disk and the file named here, then try again.'),
  STORE_MISMATCH: traits(false, 409, 65, 'Open the directory with the state it was created for, or choose another directory.'),
  STORE_NEWER: traits(false, 409, 65, 'Use the newer version of the program, or open with readOnly: true.'),
  STORE_OPEN: traits(false, 409, 70, 'Open a directory once per thread, or with the same definition and options.'),
  STORE_POISONED: traits(false, 503, 74, 'The disk failed to keep what was written; check it, then restart the program. Reads go on.'),
  STORE_READ_ONLY: traits(false, 403, 77, 'Open the store without readOnly to change it.'),
  STATE_CHANGED: traits(false, 500, 65, 'Raise `version` and add a migration that makes the change.'),
  MIGRATION_FAILED: traits(false, 500, 65, 'Correct the migration; the store is as it was and the old version still opens it.'),
  MIGRATION_CHANGED: traits(false, 500, 65, 'Give the migration back the version and name under which it ran.'),
  SETTINGS_FILE_INVALID: traits(false, 500, 65, 'Correct the file, or take it away; nothing was opened.'),
  DIRECTORY_INVALID: traits(false, 500, 66, 'Choose a directory path that exists or can be created.'),
  PERMISSION: traits(false, 500, 77, 'Correct the owner or the mode of the path named here, as the reason says.'),
  UNSUPPORTED_FILESYSTEM: traits(
    false,
    500,
    69,
    'Keep the store on a local disk; allowUnsafeFilesystem: true accepts the risk of losing it.',
  ),
  SQLITE_UNSAFE_VERSION: traits(false, 500, 69, 'Use Node 22.22.3, 24.15 or 26, or better-sqlite3 13 or newer: their SQLite has the fix.'),
  DUPLICATE_SQLITE_LIBRARY: traits(false, 500, 70, 'Open the store with one driver throughout the process.'),
  DRIVER_UNAVAILABLE: traits(false, 500, 69, 'Install the driver beside holdfast, or use the default node:sqlite.'),
  PRAGMA_REFUSED: traits(false, 500, 69, 'Use an SQLite build that accepts this setting.'),
  RUNTIME_TOO_OLD: traits(false, 500, 69, 'Install Node 22.22.3, 24.15 or 26, or newer.'),
  REGISTRATION_RELEASED: traits(false, 500, 70, 'Register again; a released entry stays released.'),
  ARTIFACT_MISSING: traits(false, 404, 66, 'Look the artifact up again; where its file is gone, put the bytes again or delete it.'),
  ARTIFACT_CORRUPT: traits(false, 500, 74, 'Put the bytes again, which replaces the damaged file, or take them from a backup.'),
})
