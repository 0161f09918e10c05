/**
 * The floors of the house as data. Imports only go down: a file may import its own folder and folders on lower floors.
 *
 * A new folder under `src/` is added here first; `test/architecture.test.ts` refuses what the table does not know.
 * Files directly in `src/` are entry points: they may import every floor, and nothing imports them.
 */

export interface Folder {
  /** Path below `src/`. */
  readonly path: string
  readonly floor: number
  /** Runs in a browser too: no `node:` import, checked a second time by `tsconfig.portable.json`. */
  readonly portable?: true
  /** When present, the only other folders this one may import, whatever their floor. */
  readonly only?: readonly string[]
}

export const folders: readonly Folder[] = [
  { path: 'base', floor: 0, portable: true },
  { path: 'state', floor: 1, portable: true },
  { path: 'protocol', floor: 2, portable: true },
  { path: 'sqlite', floor: 2 },
  { path: 'engine', floor: 3 },
  { path: 'client', floor: 3, portable: true, only: ['base', 'state', 'protocol'] },
  { path: 'kinds/document', floor: 4 },
  { path: 'kinds/collection', floor: 4 },
  { path: 'kinds/log', floor: 4 },
  // Made of what a collection is made of.
  { path: 'kinds/jobs', floor: 4.5 },
  { path: 'kinds/artifacts', floor: 4.5 },
  { path: 'kinds/settings', floor: 4 },
  // Made of what a collection is made of.
  { path: 'kinds/sessions', floor: 4.5 },
  { path: 'react', floor: 4, portable: true, only: ['base', 'state', 'protocol', 'client'] },
  { path: 'store', floor: 5 },
  { path: 'upkeep', floor: 6 },
  { path: 'registry', floor: 6 },
  { path: 'server', floor: 6 },
  { path: 'cli', floor: 7 },
]

/** Packages that source may import at all, each with the folder that may: optional peers, and what becomes part of the bundle. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': ['sqlite'],
  croner: ['state'],
  react: ['react'],
}

/** Folders that may look at files at all, by these names of `node:fs`, none of which gets a descriptor. */
export const fileWatchers: readonly string[] = ['sqlite', 'kinds/artifacts', 'store', 'server', 'upkeep', 'registry', 'cli']
export const harmlessFileCalls: ReadonlySet<string> = new Set([
  'accessSync',
  'chmodSync',
  'constants',
  'existsSync',
  'lstatSync',
  'mkdirSync',
  'readdirSync',
  'realpathSync',
  'statfsSync',
  'statSync',
])

/**
 * The only files that may import the rest of `node:fs`, each with what it opens.
 *
 * A descriptor of `store.db` or `-shm` closed in the owning process drops SQLite's locks and loses commits silently (D6),
 * so whoever can open files is listed by name.
 */
export const fileOpeners: Readonly<Record<string, string>> = {
  'src/cli/version.ts': "reads the package's own package.json",
  'src/kinds/artifacts/byte-source.ts': 'reads the file that a program hands over, which it has made sure is no open store',
  'src/kinds/artifacts/files.ts': 'the files of artifacts, in a directory of their own',
  'src/registry/files.ts': 'what running programs say of themselves',
  'src/server/assets.ts': 'reads the files of a page',
  'src/server/gate/secret.ts': 'the token file',
  'src/server/port-file.ts': 'the port file',
  'src/sqlite/boot-id.ts': 'reads the boot id of the kernel',
  'src/sqlite/helper-store.ts': 'the descriptor of -wal (D1), and a finished backup to sync it',
  'src/sqlite/life-lock.ts': 'creates and deletes lock files, before and after a connection has them open',
  'src/sqlite/log-readers.ts': 'reads the list of locks of the kernel',
  'src/sqlite/old-backups.ts': 'deletes old backups',
  'src/sqlite/process-life.ts': 'reads what the kernel says of processes',
  'src/store/settings-file.ts': 'the file of settings given at open, which is no file of a store',
  'src/sqlite/store-files.ts': 'creates store.db before any connection exists, and syncs directories',
}

/** Names that say nothing; a file is named after its one noun or verb. */
export const bannedNames: readonly string[] = ['utils', 'util', 'helpers', 'common', 'types', 'shared', 'misc', 'lib']

/** Lines at which a source file has to be split. */
export const maxLines = 400
