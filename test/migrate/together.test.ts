import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { defineState, document, type DriverName, openStore } from '../../src/index.ts'
import { loadDriver } from '../../src/sqlite/load-driver.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { eachDriver } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { codeOf, failureOf } from '../support/outcome.ts'
import { Program } from '../support/program.ts'
import { raw } from '../support/raw-store.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { OpeningCalls } from './opening-program.ts'
import { first, second } from './versions.ts'

/** So many processes that are running, so that they can do the same thing at the same moment. */
async function start(count: number): Promise<Program<OpeningCalls>[]> {
  const programs = Array.from({ length: count }, () => new Program<OpeningCalls>(new URL('./opening-program.ts', import.meta.url)))
  await Promise.all(programs.map((program) => program.call('ready')))
  return programs
}

eachDriver((driver) => {
  describe('eight processes', () => {
    test(
      '[M1] [X32] that open an absent store together all have the same one, created once; and so with a migration',
      { timeout: 60_000 },
      async () => {
        const directory = join(temporaryDirectory(), 'made', 'by', 'them')
        const programs = await start(8)
        const opened = await Promise.all(programs.map((program) => program.call('open', directory, driver, 1)))
        expect(new Set(opened.map(({ epoch }) => epoch)).size).toBe(1)
        const revisions = await Promise.all(programs.map((program) => program.call('visit')))
        expect(revisions.toSorted((a, b) => Number(a) - Number(b))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
        await Promise.all(programs.map((program) => program.call('close')))

        const before = await openStore(first, { directory, driver })
        await before.commit((tx) => [1, 2, 3].forEach((seat) => tx.guests.put({ id: `${seat}`, seat })))
        await before.close()

        const migrated = await Promise.all(programs.map((program) => program.call('open', directory, driver, 2)))
        expect(migrated.reduce((sum, { ran }) => sum + ran, 0)).toBe(1)
        for (const program of programs) expect(await program.call('seats')).toEqual([11, 12, 13])
        await Promise.all(programs.map((program) => program.call('visit')))

        const after = await openState(
          second(() => expect.unreachable()),
          { directory, driver },
        )
        expect([after.visits.get(), after.health().revision]).toEqual([16, 9 + 1 + 8])
        const tables = await openTables(directory, driver)
        expect(tables.all('SELECT version, name, revision FROM hf_migration')).toEqual([[2, 'ten seats further', 10]])
        expect(tables.all('SELECT id, name FROM hf_kind ORDER BY id')).toEqual([
          [1, 'visits'],
          [2, 'guests'],
          [3, 'lines'],
        ])
        // One copy, of what the migration changed.
        const backups = readdirSync(join(directory, 'backups'))
        expect(backups).toHaveLength(1)
      },
    )
  })

  test('[M1] [M2] the copy before a migration has all that was committed until the migration began', async () => {
    const directory = temporaryDirectory()
    const before = await openStore(first, { directory, driver })
    await before.commit((tx) => tx.guests.put({ id: 'early', seat: 1 }))
    await before.close()
    // A mark of another boot makes the opening report, in the middle: from there on another program holds the lock, and writes.
    await raw(directory, ["INSERT INTO hf_weak VALUES ('someone', 'another boot')"], driver)
    const tables = await openTables(directory, driver)
    let isHeld = false
    const report = (): void => {
      tables.exec('BEGIN IMMEDIATE')
      tables.exec(`INSERT INTO k2 (key, value, revision, at, crc, f0) VALUES ('late', '{"id":"late","seat":2}', 1, 0, 0, 2)`)
      isHeld = true
    }
    const seams = systemSeams()
    // Asked how long to wait for the lock; only then it is given back.
    const random = (): number => {
      if (isHeld) tables.exec('COMMIT')
      isHeld = false
      return seams.random()
    }
    const definition = second(() => undefined)
    const after = await openStoreWith({ ...seams, random }, definition, { directory, driver, report })
    onTestFinished(() => after.close())
    expect([isHeld, after.guests.find().items.map(({ seat }) => seat)]).toEqual([false, [11, 12]])
    const [backup = ''] = readdirSync(join(directory, 'backups'))
    expect(await readKeys(join(directory, 'backups', backup), driver)).toEqual([['early'], ['late']])
  })

  test('[M1] whoever gets the lock after another has migrated finds nothing left to do', async () => {
    const directory = temporaryDirectory()
    await (await openStore(first, { directory, driver })).close()
    await raw(directory, ["INSERT INTO hf_weak VALUES ('someone', 'another boot')"], driver)
    const tables = await openTables(directory, driver)
    let isHeld = false
    const report = (): void => {
      tables.exec(`
        BEGIN IMMEDIATE;
        UPDATE hf_meta SET value = 2 WHERE name = 'state_version';
        INSERT INTO hf_migration VALUES (2, 'ten seats further', 0, 0, 0)`)
      isHeld = true
    }
    const seams = systemSeams()
    // Asked how long to wait for the lock, which has been found to be needed.
    const random = (): number => {
      if (isHeld) tables.exec('COMMIT')
      isHeld = false
      return seams.random()
    }
    const definition = second(() => expect.unreachable('It ran a second time.'))
    const store = await openStoreWith({ ...seams, random }, definition, { directory, driver, report })
    onTestFinished(() => store.close())
    expect([isHeld, store.guests.count(), existsSync(join(directory, 'backups'))]).toEqual([false, 0, false])
  })

  test('[M1] [M3] a program of the older version that was opening meanwhile is refused, and changes nothing', async () => {
    const directory = temporaryDirectory()
    const before = await openStore(first, { directory, driver })
    await before.close()
    // A mark of another boot makes the opening report, in the middle: that is where the newer program is quicker.
    await raw(directory, ["INSERT INTO hf_weak VALUES ('someone', 'another boot')"], driver)
    const tables = await openTables(directory, driver)
    const older = openStoreWith(systemSeams(), first, {
      directory,
      driver,
      report: () => {
        tables.exec("UPDATE hf_meta SET value = 2 WHERE name = 'state_version'; UPDATE hf_kind SET name = 'visitors' WHERE name = 'guests'")
      },
    })
    expect(await failureOf(older)).toMatchObject({ code: 'STORE_NEWER', details: { stored: 2, supported: 1 } })
    expect(tables.all('SELECT name FROM hf_kind ORDER BY id')).toEqual([['visits'], ['visitors'], ['lines']])
  })

  test('[M1] [M6] so is one that waits for the lock to add a kind, while a newer program migrates under it', async () => {
    const directory = temporaryDirectory()
    await (await openStore(first, { directory, driver })).close()
    await raw(directory, ["INSERT INTO hf_weak VALUES ('someone', 'another boot')"], driver)
    const tables = await openTables(directory, driver)
    const more = defineState({ name: 'party', version: 1, kinds: { ...first.kinds, more: document(z.string()) } })
    const report = (): void => {
      tables.exec(`
        BEGIN IMMEDIATE;
        UPDATE hf_meta SET value = 2 WHERE name = 'state_version';
        UPDATE hf_meta SET value = value + 1 WHERE name = 'layout';
        UPDATE hf_kind SET name = 'visitors' WHERE name = 'guests'`)
      // By then the kind to be added is planned, and the helper waits for the lock.
      setImmediate(() => tables.exec('COMMIT'))
    }
    const opening = openStoreWith(systemSeams(), more, { directory, driver, report })
    expect(await failureOf(opening)).toMatchObject({ code: 'STORE_NEWER', details: { stored: 2, supported: 1 } })
    expect(tables.all('SELECT name FROM hf_kind ORDER BY id')).toEqual([['visits'], ['visitors'], ['lines']])
  })

  test('[M3] a program of the older version that has the store open is told when it next reads or writes', async () => {
    const directory = temporaryDirectory()
    const older = await openState(first, { directory, driver, report: () => undefined })
    await older.commit((tx) => tx.visits.set(1))
    const [newer] = await start(1)
    await newer?.call('open', directory, driver, 2)
    await new Promise((resolve) => setImmediate(resolve))
    expect(() => older.visits.get()).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }))
    expect(codeOf(await failureOf(older.commit((tx) => tx.visits.set(2))))).toBe('STORE_NEWER')
    expect(codeOf(await failureOf(older.follow().next()))).toBe('STORE_NEWER')
    expect(await newer?.call('visit')).toBe(3)
  })
})

async function readKeys(file: string, driver: DriverName): Promise<unknown> {
  const connection = (await loadDriver(driver)).open({ file, readOnly: true })
  try {
    return connection.prepare('SELECT key FROM k2 ORDER BY key').all()
  } finally {
    connection.close()
  }
}
