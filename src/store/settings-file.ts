/** The file of settings that a program is started with (rule S1). */
import { promises as fs } from 'node:fs'
import * as path from 'node:path'
import { HoldfastError, isHoldfastError } from '../base/error.ts'

/** A file of settings is written by people. */
const mostBytes = 1024 * 1024

/** Names of files that this process must not open beside SQLite (rule D6). */
const databaseFiles: ReadonlySet<string> = new Set(['store.db', 'store.db-shm', 'store.db-wal'])

/**
 * The values in a file of settings; none when there is no such file.
 *
 * What is wrong with it is said without quoting it: it may hold secrets.
 *
 * @throws HoldfastError SETTINGS_FILE_INVALID
 */
export async function readSettingsFile(file: string): Promise<{ readonly [name: string]: unknown }> {
  const text = await readText(file)
  if (text === undefined) return {}
  const value = parse(file, text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(file, 'it holds no object of values by name')
  return value as { readonly [name: string]: unknown }
}

async function readText(file: string): Promise<string | undefined> {
  const bytes = await readBytes(file)
  if (bytes === undefined) return undefined
  if (bytes.length > mostBytes) throw invalid(file, `it has ${bytes.length} bytes; ${mostBytes} are allowed`)
  if (bytes.length === 0) throw invalid(file, 'it is empty')
  if (bytes.every((byte) => byte === 0)) throw invalid(file, 'it holds nothing but zeros, as files do that a loss of power has cut off')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid(file, 'it is not UTF-8')
  }
}

async function readBytes(file: string): Promise<Uint8Array | undefined> {
  try {
    const real = await fs.realpath(file)
    if (databaseFiles.has(path.basename(real))) throw invalid(file, 'it belongs to a store')
    return await fs.readFile(real)
  } catch (error) {
    if (isHoldfastError(error)) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw invalid(file, `it cannot be read (${code ?? 'unknown error'})`)
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const at = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    throw invalid(file, `it is not JSON${at === undefined ? '' : `, from ${placeOf(text, Number(at))} on`}`)
  }
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

function invalid(file: string, reason: string): HoldfastError<'SETTINGS_FILE_INVALID'> {
  return new HoldfastError('SETTINGS_FILE_INVALID', `The file of settings ${file} cannot be used: ${reason}.`, { file, reason })
}
