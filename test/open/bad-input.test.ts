import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, type HoldfastError, log, openStore, type StoreOptions } from '../../src/index.ts'
import { openOnDisk } from '../../src/store/opening.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { failureOf } from '../support/outcome.ts'
import { host, openSample, sample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const open = (options: unknown, ...[definition = sample]: readonly unknown[]): Promise<Error> =>
  failureOf(openStore(definition as typeof sample, options as StoreOptions))

/** Every error says what, with facts, and what to do. */
function expectClear(error: unknown): void {
  const { code, details, message, traits } = error as HoldfastError
  expect(code).toMatch(/^[A-Z_]+$/)
  expect(details).toBeTypeOf('object')
  expect(traits.remedy.length).toBeGreaterThan(20)
  expect(message.length).toBeGreaterThan(10)
}

describe('options of openStore', () => {
  test.each([
    ['redOnly', true, 'did you mean "readOnly"?'],
    ['Directory', '.x', 'did you mean "directory"?'],
    ['dirver', 'node:sqlite', 'did you mean "driver"?'],
    ['durabillity', 'power', 'did you mean "durability"?'],
    ['commitDeadline', 5, 'did you mean "commitDeadlineMs"?'],
    ['allowUnsafeFileSystem', true, 'did you mean "allowUnsafeFilesystem"?'],
    ['constructor', 1, 'it has "directory", '],
    ['fastMode', 1, 'it has "directory", '],
  ])('a misspelled one is refused with the nearest name: %s', async (name, value, hint) => {
    const error = await open({ directory: join(temporaryDirectory(), 'x'), [name]: value })
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code: 'OPTION_INVALID', details: { option: name } })
    expect(error.message).toContain(`Unknown option "${name}" of openStore; ${hint}`)
    expectClear(error)
  })

  test.each([
    [{ directory: 5 }, 'Expected "directory" to be a string, got 5 (number)'],
    [{ directory: '' }, 'Expected "directory" to be a path, got "" (string)'],
    [{}, 'Expected "directory" to be a directory, or memory: true, and not both, got undefined'],
    [{ directory: 'x', memory: true }, 'and not both, got "x" (string)'],
    [undefined, 'Expected "directory"'],
    [null, 'Expected "openStore options" to be an object, got null'],
    ['./store', 'Expected "openStore options" to be an object, got "./store" (string)'],
    [{ memory: 1 }, 'Expected "memory" to be true or false, got 1 (number)'],
    [{ memory: true, readOnly: true }, 'Expected "readOnly" to be false for a store in memory, got true (boolean)'],
    [{ memory: true, driver: 'sqlite' }, 'Expected "driver" to be "node:sqlite" or "better-sqlite3", got "sqlite" (string)'],
    [{ memory: true, durability: 'memory' }, 'Expected "durability" to be "process" or "power", got "memory" (string)'],
    [{ memory: true, commitDeadlineMs: -1 }, 'Expected "commitDeadlineMs" to be an integer ≥ 0, got -1 (number)'],
    [{ memory: true, commitDeadlineMs: '5s' }, 'Expected "commitDeadlineMs" to be an integer ≥ 0, got "5s" (string)'],
    [{ memory: true, maxCommitBytes: NaN }, 'Expected "maxCommitBytes" to be an integer ≥ 1, got NaN (number)'],
    [{ memory: true, history: { maxAge: 5 } }, 'Unknown option "maxAge" of history; did you mean "maxAgeMs"?'],
    [{ memory: true, history: { minCommits: 1.5 } }, 'Expected "minCommits" to be an integer ≥ 0, got 1.5 (number)'],
    [{ memory: true, history: [] }, 'Expected "history" to be an object, got an array'],
    [{ memory: true, report: 'log' }, 'Expected "report" to be a function, got "log" (string)'],
  ])('%j is refused in one grammar', async (options, message) => {
    const error = await open(options)
    expect(error.message).toContain(message)
    expect(error).toMatchObject({ code: 'OPTION_INVALID' })
    expectClear(error)
  })

  test.each([null, 5, {}, 'sample', sample.kinds, { kinds: null }])(
    'a definition that defineState did not make is refused: %j',
    async (definition) => {
      const error = await open({ memory: true }, definition)
      expect(error).toMatchObject({ code: 'OPTION_INVALID', details: { option: 'definition' } })
    },
  )
})

describe('the directory', () => {
  test('[X6] one that is a file, or in a file, or a link to nothing', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'file')
    writeFileSync(file, 'mine')
    symlinkSync(join(directory, 'nothing'), join(directory, 'link'))
    for (const path of [file, join(file, 'below'), join(directory, 'link')]) {
      for (const readOnly of [false, true]) {
        const error = await open({ directory: path, readOnly })
        expect(error).toMatchObject({ code: 'DIRECTORY_INVALID' })
        expectClear(error)
      }
    }
  })

  test('[X6] one whose store.db is a directory, or no database, or another program’s', async () => {
    const asDirectory = temporaryDirectory()
    mkdirSync(join(asDirectory, 'store.db'))
    expect(await open({ directory: asDirectory })).toMatchObject({ code: 'DIRECTORY_INVALID' })

    const noDatabase = temporaryDirectory()
    writeFileSync(join(noDatabase, 'store.db'), 'not a database, but longer than its header would be'.repeat(20), { mode: 0o600 })
    for (const readOnly of [false, true]) {
      const error = await open({ directory: noDatabase, readOnly })
      expect(error).toMatchObject({ code: 'STORE_CORRUPT', details: { file: join(noDatabase, 'store.db') } })
      expectClear(error)
    }

    const foreign = temporaryDirectory()
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(join(foreign, 'store.db'))
    database.exec('CREATE TABLE mine (a)')
    database.close()
    chmodSync(join(foreign, 'store.db'), 0o600)
    for (const readOnly of [false, true]) {
      const error = await open({ directory: foreign, readOnly })
      expect(error).toMatchObject({ code: 'STORE_FOREIGN', details: { reason: 'application_id 0' } })
      expectClear(error)
    }
  })

  test.runIf(process.platform !== 'win32')('[X6] one that others may write in', async () => {
    const directory = temporaryDirectory()
    chmodSync(directory, 0o777)
    const error = await open({ directory })
    expect(error).toMatchObject({ code: 'PERMISSION', details: { path: directory } })
    expect(error.message).toContain('chmod go-w')
    expectClear(error)
    chmodSync(directory, 0o700)
  })

  test('[X6] one on a file system without locks', async () => {
    const directory = join(temporaryDirectory(), 'store')
    const opening = {
      seams: systemSeams(),
      definition: sample,
      report: () => undefined,
      directory,
      driver: 'node:sqlite' as const,
      readOnly: false,
      durability: 'power' as const,
      history: {},
      deadlineMs: 5000,
      maxCommitBytes: 1024,
      bootstrap: new Map(),
      allowUnsafeFilesystem: false,
    }
    const error = await failureOf(openOnDisk({ ...opening, ...{ fileSystemType: () => 0x6969 } }))
    expect(error).toMatchObject({ code: 'UNSUPPORTED_FILESYSTEM', details: { directory, filesystem: 'NFS' } })
    expectClear(error)
  })

  test('[X6] [D6] one that is open through another SQLite library', async () => {
    const store = await openSample()
    await store.commit((tx) => tx.title.set('mine'))
    const error = await open({ directory: store.directory, driver: 'better-sqlite3' })
    expect(error).toMatchObject({ code: 'DUPLICATE_SQLITE_LIBRARY', details: { open: expect.stringMatching(/^node:sqlite /) } })
    expect((error as HoldfastError<'DUPLICATE_SQLITE_LIBRARY'>).details.requested).toMatch(/^better-sqlite3 /)
    expectClear(error)
    // It stays usable, and its locks are still there.
    await store.commit((tx) => tx.title.set('still mine'))
    expect(store.title.get()).toBe('still mine')
    await store.close()
    const other = await openSample({ directory: store.directory, driver: 'better-sqlite3' })
    expect(other.title.get()).toBe('still mine')
  })

  test('one that is open already with another definition or other options', async () => {
    const store = await openSample()
    const { directory } = store
    const same = defineState({ name: 'sample', version: 1, kinds: sample.kinds })
    const attempts: [unknown, object, string][] = [
      [same, {}, 'with another definition; both must pass the one object that defineState returned'],
      [sample, { readOnly: true }, 'with readOnly: false, and is asked for with readOnly: true'],
      [sample, { durability: 'process' }, 'with durability: "power", and is asked for with durability: "process"'],
      [sample, { maxCommitBytes: 5 }, 'with maxCommitBytes: 16777216, and is asked for with maxCommitBytes: 5'],
      [sample, { commitDeadlineMs: 5 }, 'with commitDeadlineMs: 5000, and is asked for with commitDeadlineMs: 5'],
    ]
    for (const [definition, options, reason] of attempts) {
      const error = await open({ directory, ...options }, definition)
      expect(error).toMatchObject({ code: 'STORE_OPEN', details: { directory, reason } })
      expectClear(error)
    }
    expect(store.hosts.count()).toBe(0)
  })
})

test('a key that is no field of the schema is found at the first write at the latest', async () => {
  const hosts = collection(v.object({ id: v.string(), n: v.number() }), { key: 'nope' } as never)
  await using store = await openStore(defineState({ name: 'a', version: 1, kinds: { hosts } }), { memory: true })
  const error = await failureOf(store.commit((tx) => tx.hosts.put({ id: '1', n: 1 })))
  expect(error).toMatchObject({ code: 'DEFINITION_INVALID', details: { what: 'key of hosts' } })
  expect(error.message).toMatch(
    /^The key of "hosts" is declared to be its field "nope", and a value to write has none: it has "id", "n"\. Correct the declaration/,
  )
})

describe('a declaration', () => {
  const thing = z.object({ id: z.string(), n: z.number() })
  const kinds = (declared: unknown) => () => defineState({ name: 'a', version: 1, kinds: declared as never })

  test.each(['then', 'constructor', 'toJSON', 'commit', 'close', 'watch', 'store', 'tx', 'entry'])(
    '[N1] a reserved name is refused: %s',
    (name) => {
      expect(kinds({ [name]: document(z.string()) })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
      expect(kinds({ [name]: document(z.string()) })).toThrow(`The kind name "${name}" is reserved.`)
      const indexes = { [name]: ['n'] as const }
      expect(() => collection(thing, { key: 'id', indexes: indexes as never })).toThrow('is reserved')
    },
  )

  test.each([
    ['Upper', 'does not match'],
    ['a-b', 'does not match'],
    ['__proto__x', 'does not match'],
    ['', 'does not match'],
    ['a'.repeat(64), 'does not match'],
  ])('[N1] so is a name that is none: %s', (name, reason) => {
    expect(kinds({ [name]: document(z.string()) })).toThrow(reason)
  })

  test('[N1] and one that differs from another only in case', () => {
    expect(kinds({ hostName: document(z.string()), hostname: document(z.string()) })).toThrow(
      '"hostname" differs from "hostName" only in case',
    )
  })

  test('what is no schema, no kind, no key, no index or no retention is refused by name', () => {
    const refused: (readonly [() => unknown, string])[] = [
      [() => document('string' as never), 'Expected "document schema" to be a schema that follows Standard Schema v1'],
      [() => log({ parse: () => 1 } as never), 'Expected "log schema"'],
      [() => collection(thing, {} as never), 'Expected "key" to be the name of a string field, got undefined'],
      [() => collection(thing, { kye: 'id' } as never), 'did you mean "key"?'],
      [
        () => collection(thing, { key: 'nope' } as never),
        'Expected "key" to be a field of the schema, which has "id", "n", got "nope" (string)',
      ],
      [
        () => collection(thing, { key: 'id', indexes: { byN: [] } } as never),
        'Expected "indexes.byN" to be a list of at least one field name',
      ],
      [() => collection(thing, { key: 'id', indexes: { byN: 'n' } } as never), 'Expected "index byN options" to be an object'],
      [() => collection(thing, { key: 'id', indexes: { byN: ['n', 'n'] } }), 'to be each field once'],
      [() => collection(thing, { key: 'id', indexes: { byN: { fields: ['n'], uniqe: true } } } as never), 'did you mean "unique"?'],
      [() => collection(thing, { key: 'id', feed: 'all' } as never), 'Expected "feed" to be "value", "key" or "none"'],
      [
        () => document(z.string(), { durability: 'forever' } as never),
        'Expected "durability" to be "memory", "delayed", "process" or "power"',
      ],
      [() => log(z.string(), { retention: { entries: 0 } }), 'Expected "entries" to be an integer ≥ 1, got 0 (number)'],
      [() => log(z.string(), { retention: { perStream: 5 } } as never), 'Unknown option "perStream" of retention'],
      [kinds(undefined), 'Expected "kinds" to be an object of kinds by name, got undefined'],
      [
        kinds({ a: z.string() }),
        'Expected "kinds.a" to be a kind made by document(), collection(), log(), jobs(), artifacts(), settings() or sessions()',
      ],
      [() => defineState({ name: 'Sample', version: 1, kinds: {} }), 'The state name "Sample" does not match'],
      [() => defineState({ name: 'a', version: 0, kinds: {} }), 'Expected "version" to be an integer ≥ 1, got 0 (number)'],
      [() => defineState({ name: 'a', verson: 1, kinds: {} } as never), 'did you mean "version"?'],
    ]
    for (const [declare, message] of refused) expect(declare).toThrow(message)
  })
})

describe('use of a store', () => {
  test('an unknown kind, an undeclared index and a wrong option leave it as it was', async () => {
    const store = await openSample({ memory: true })
    await store.commit((tx) => tx.hosts.put(host('a')))
    const follower = () => store.follow({ kinds: ['host' as never] })
    expect(follower).toThrow('The state declares no kind "host"; it declares ')
    expect(() => store.why('host' as never)).toThrow(expect.objectContaining({ code: 'KIND_UNKNOWN' }))
    expect(() => store.hosts.find({ index: 'byNme' as never })).toThrow(expect.objectContaining({ code: 'INDEX_UNKNOWN' }))
    expect(() => store.hosts.count({ index: 'byNme' as never })).toThrow(expect.objectContaining({ code: 'INDEX_UNKNOWN' }))
    for (const key of [5, undefined, null, {}]) {
      expect(() => store.hosts.get(key as never)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
    }
    expect(await failureOf(store.commit((tx) => tx.hosts.put(host(''))))).toMatchObject({ code: 'VALUE_INVALID' })
    expect((await failureOf(store.commit(() => 1, { lable: 'x' } as never))).message).toContain('did you mean "label"?')
    expect([store.hosts.count(), store.health().revision]).toEqual([1, 1])
  })
})
