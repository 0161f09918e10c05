/**
 * What happens when the disk failed to keep what was written (rule C8).
 *
 * After a failed fdatasync the kernel may drop the pages it could not write and call the next sync of that descriptor a success. So
 * nothing since the last good sync is believed until a fresh connection has copied the whole log into the database and
 * synced both, through descriptors of its own. The old connection answers reads meanwhile.
 */
import { HoldfastError } from '../base/error.ts'
import { readHead } from '../sqlite/tables.ts'
import type { Backend } from './backend.ts'
import { randomName } from './identity.ts'

/** How long the copying waits for readers of the log, ms. */
const copyWaitMs = 10_000

/** Opens the store anew and makes all of it durable. @throws when it cannot; the caller keeps what it has, for reading */
export async function reopenWhole(reopen: () => Promise<Backend>, knownRevision: number): Promise<Backend> {
  const fresh = await reopen()
  try {
    await makeWhole(fresh, knownRevision)
    return fresh
  } catch (error) {
    await fresh.close().catch(() => undefined)
    throw error
  }
}

/** A history that has become shorter than what this process has seen is another one: its revisions will be given again. */
async function makeWhole(backend: Backend, knownRevision: number): Promise<void> {
  const { isBusy } = await backend.checkpoint('TRUNCATE', copyWaitMs)
  if (isBusy) throw new HoldfastError('STORE_BUSY', 'A reader kept the log from being copied.', { waitedMs: copyWaitMs })
  const head = Number(backend.main.prepare(readHead).get()?.[0] ?? 0)
  if (head >= knownRevision) return
  const steps = [["UPDATE hf_meta SET value = ? WHERE name = 'epoch'", randomName()]] as const
  await backend.runScript({ guards: [], steps, deadlineMs: copyWaitMs })
  await backend.sync()
}
