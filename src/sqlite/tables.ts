/**
 * The system tables of a store, in full view.
 *
 * hf_meta      facts by name: see `MetaName`.
 * hf_kind      the kinds, and their description as JSON, so that tools can read a store without its program. Table k<id> holds
 *              the records of kind <id>; names given by users never become SQL.
 * hf_commit    the history, one row a commit. `chain` is the check: 22 characters of the base64url SHA-256 of the chain before
 *              it and of everything else in the row. `position` is the bytes of history up to and with this row, so that
 *              the size between two revisions is a subtraction.
 * hf_request   outcomes of commits with an id, by actor and id; they live as long as the history.
 * hf_migration the migrations that ran.
 * hf_weak      instances that have published commits weaker than `power`, with the boot they ran in. A row of another boot
 *              tells that power was lost while the end of the history was not yet synced (docs/adr).
 */
export const FORMAT = 1

/** "HFST": says whose file it is. */
export const APPLICATION_ID = 0x48465354

export const createSystemTables: string = `
CREATE TABLE hf_meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE hf_kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL);
CREATE TABLE hf_commit (
  revision INTEGER PRIMARY KEY, chain TEXT NOT NULL, at INTEGER NOT NULL, instance TEXT NOT NULL, counter INTEGER NOT NULL,
  actor TEXT, label TEXT, position INTEGER NOT NULL, changes TEXT NOT NULL
);
CREATE TABLE hf_request (
  actor TEXT NOT NULL, id TEXT NOT NULL, action TEXT NOT NULL, revision INTEGER NOT NULL, changed INTEGER NOT NULL, value TEXT,
  PRIMARY KEY (actor, id)
) WITHOUT ROWID;
CREATE INDEX hf_request_revision ON hf_request (revision);
CREATE TABLE hf_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL, duration_ms INTEGER NOT NULL, revision INTEGER NOT NULL);
CREATE TABLE hf_weak (instance TEXT PRIMARY KEY, boot TEXT NOT NULL) WITHOUT ROWID;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT};
`

/** Names of the facts in hf_meta. */
export type MetaName =
  | 'store_id'
  | 'epoch'
  | 'state_name'
  | 'state_version'
  | 'created_at'
  /** Revision, chain and position of the oldest point one can resume from. */
  | 'horizon_revision'
  | 'horizon_chain'
  | 'horizon_position'
  /** Counts changes of the tables of kinds; each process that sees it change prepares anew. */
  | 'layout'
  /** Written first after the write-ahead log was emptied, so that the sync of its header is the helper's (rule D1). */
  | 'wal_starts'

export const readMeta = `SELECT name, value FROM hf_meta`
export const writeMeta = `INSERT INTO hf_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
export const countWalStart = `INSERT INTO hf_meta (name, value) VALUES ('wal_starts', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1`
export const readHead = `SELECT revision, chain, position FROM hf_commit ORDER BY revision DESC LIMIT 1`

/** What a new store is created with. */
export interface NewStore {
  readonly storeId: string
  readonly epoch: string
  readonly stateName: string
  readonly stateVersion: number
  readonly createdAt: number
  /** The chain before the first commit. */
  readonly chain: string
}

/** The facts of a new store, as rows for `writeMeta`. */
export function newStoreMeta(store: NewStore): readonly (readonly [MetaName, string | number])[] {
  return [
    ['store_id', store.storeId],
    ['epoch', store.epoch],
    ['state_name', store.stateName],
    ['state_version', store.stateVersion],
    ['created_at', store.createdAt],
    ['horizon_revision', 0],
    ['horizon_chain', store.chain],
    ['horizon_position', 0],
    ['layout', 0],
    ['wal_starts', 0],
  ]
}
