/**
 * One strike: a session is struck at one system call. What it was promised must be there, and once the fault is over the store
 * must open and work.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { DriverName } from '../../../src/index.ts'
import { Child, type End } from '../child.ts'
import { Ledger } from '../ledger.ts'
import type { Message } from '../pipe.ts'
import { type RawStore, readStore } from '../verify/raw-store.ts'
import { verifyStore } from '../verify/verify-store.ts'
import { countCalls, hasStruck, type Strike, traceCommand } from './points.ts'
import { keptCommits, type SessionSetup } from './session-setup.ts'

export interface Scene {
  readonly name: string
  /** Where directories are made. */
  readonly directory: string
  readonly driver: DriverName
  /** A store to begin with, and what its session said; undefined where the session makes it. */
  readonly prepared: { readonly store: string; readonly messages: readonly Message[] } | undefined
  /** Version that the session opens. */
  readonly version: number
}

export interface StrikeResult {
  readonly hasStruck: boolean
  /** The process was gone, or a commit was told to be unknown. */
  readonly unknown: number
  readonly recovered: boolean
  readonly problems: readonly string[]
  /** Kept for whoever wants to look; the caller removes it. */
  readonly directory: string
}

/** Codes with which a failing disk may refuse a commit, and nothing is done then. */
const refusals = ['ABSENT', 'STORE_IO', 'STORE_POISONED', 'DISK_FULL', 'STORE_CLOSED', 'STORE_CORRUPT']

/** A session without a strike, as the beginning of another one. */
export async function prepare(directory: string, driver: DriverName): Promise<NonNullable<Scene['prepared']>> {
  const store = join(directory, 'prepared')
  const messages: Message[] = []
  const { code, stderr } = await runSession({ directory: store, driver, version: 1, life: 0 }, [], (message) => messages.push(message))
  if (code !== 0 || stderr !== '') throw new Error(`The session that prepares a store ended with ${code}: ${stderr}`)
  return { store, messages }
}

/** How often one thread makes these calls in the session. */
export async function count(scene: Scene, strike: Strike): Promise<number> {
  const { store, log, directory } = place(scene)
  await runSession(
    { directory: store, driver: scene.driver, version: scene.version, life: 1 },
    traceCommand(strike, store, log),
    () => undefined,
  )
  const calls = countCalls(log)
  rmSync(directory, { recursive: true })
  return calls
}

/** @param n which of the calls of a thread is struck, from 1 @param isSeenFirst the verifier reads before the next process opens */
export async function strikeAt(scene: Scene, strike: Strike, n: number, isSeenFirst: boolean): Promise<StrikeResult> {
  const { directory, store, log } = place(scene)
  const { driver, version } = scene
  const ledger = new Ledger(keptCommits, refusals)
  for (const message of scene.prepared?.messages ?? []) ledger.hear(message)
  const found: string[] = []
  const hear = (message: Message): void => {
    if (message[0] === 'found') found.push(`${message[1]} ${message[2]}`)
    ledger.hear(message)
  }
  const end = await runSession({ directory: store, driver, version, life: 1 }, traceCommand(strike, store, log, n), hear)
  ledger.bury('s')
  const problems = judgeEnd(end, strike)
  if (isSeenFirst) problems.push(...verify(store, ledger))
  const unknown = found.filter((line) => line.startsWith('unknown')).length + (end.signal === null && end.code === 0 ? 0 : 1)
  const recovered = found.includes('report recovered')
  found.length = 0
  const again = await runSession({ directory: store, driver, version, life: 2 }, [], hear)
  if (again.code !== 0 || again.stderr !== '' || !found.some((line) => line.startsWith('closed'))) {
    problems.push(`the next session ended with ${again.signal ?? again.code}, ${found.join(', ')} ${again.stderr}`)
  }
  problems.push(...verify(store, ledger), ...checkBackups(store))
  return { hasStruck: hasStruck(log), unknown, recovered, problems, directory }
}

function place({ directory, prepared }: Scene): { readonly directory: string; readonly store: string; readonly log: string } {
  const own = mkdtempSync(join(directory, 'strike-'))
  const store = join(own, 'store')
  if (prepared !== undefined) cpSync(prepared.store, store, { recursive: true })
  return { directory: own, store, log: join(own, 'calls') }
}

async function runSession(setup: SessionSetup, under: readonly string[], onMessage: (message: Message) => void): Promise<End> {
  return new Child('s', { file: 'syscall/session.ts', under }, setup, onMessage).ended
}

/** Killed where it was to be killed; in all other cases it ends by itself and in order. */
function judgeEnd({ code, signal, stderr }: End, { inject }: Strike): string[] {
  const wasKilled = signal === 'SIGKILL' || code === 137
  if (stderr === '' && (code === 0 || (wasKilled && inject === 'signal=SIGKILL'))) return []
  return [`the session ended with ${signal ?? code}: ${stderr}`]
}

function verify(directory: string, ledger: Ledger): string[] {
  const marked = ledger.mark()
  const store = read(join(directory, 'store.db'))
  if (store === undefined) return [...marked.keys()].map((label) => `LOST: ${label}, with the whole store`)
  const { problems, isFolded } = verifyStore(store, undefined)
  return [...problems, ...ledger.compare(store, marked, isFolded)]
}

/** Undefined when there is no store yet; SQLite makes the first page under a rollback journal, which a reader cannot roll back. */
function read(file: string): RawStore | undefined {
  try {
    return readStore(file)
  } catch (error) {
    if (/unable to open|no such table|readonly database/.test(String(error))) return undefined
    throw error
  }
}

/** What has the name of a backup is one (oracle O6). */
function checkBackups(store: string): string[] {
  const directory = join(store, 'backups')
  if (!existsSync(directory)) return []
  return readdirSync(directory).flatMap((name) => {
    if (!name.endsWith('.db')) return [`${name} was left in backups/`]
    const backup = new DatabaseSync(join(directory, name), { readOnly: true })
    const [answer] = Object.values(backup.prepare('PRAGMA integrity_check').get() ?? {})
    backup.close()
    return answer === 'ok' ? [] : [`the backup ${name} is not whole: ${String(answer)}`]
  })
}
