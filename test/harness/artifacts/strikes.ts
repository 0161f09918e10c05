/** Strikes one run of a session at each of its system calls on the store's files, one run a call: SIGKILL before it is made, or an error from it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Promised } from './promises.ts'
import { SessionProcess } from './session-process.ts'

export interface StrikePoint {
  readonly call: string
  /** The n-th of one thread. */
  readonly n: number
  /** In strace's words. */
  readonly inject: string
}

export interface Struck {
  readonly hasStruck: boolean
  readonly problems: readonly string[]
  readonly directory: string
}

const calls = [
  ...['openat', 'close', 'read', 'write', 'pwrite64', 'pread64', 'ftruncate', 'fsync', 'fdatasync', 'fcntl', 'getdents64'],
  ...['rename', 'link', 'unlink', 'rmdir', 'mkdir', 'chmod', 'fchmod', 'statx', 'newfstatat', 'lstat', 'stat'],
]
/** Calls that a disk can refuse, and how. */
const refusals: readonly (readonly [call: string, error: string])[] = [
  ['write', 'ENOSPC'],
  ['write', 'EIO'],
  ['fsync', 'EIO'],
  ['rename', 'EIO'],
  ['link', 'ENOSPC'],
  ['unlink', 'EIO'],
  ['mkdir', 'ENOSPC'],
]

/** All points of a run that no strike disturbs. */
export async function findPoints(directory: string): Promise<StrikePoint[]> {
  const { log, store, problems } = await run(directory, ['-e', `trace=${calls.join(',')}`])
  if (problems.length > 0) throw new Error(`The run that counts ended with ${problems.join('; ')}`)
  const found = new Map<string, StrikePoint>()
  const counts = new Map<string, number>()
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? []
    const counted = `${thread} ${call}`
    counts.set(counted, (counts.get(counted) ?? 0) + 1)
    if (call === '' || !line.includes(store)) continue
    const n = counts.get(counted) ?? 0
    const injections = ['signal=SIGKILL', ...refusals.filter(([refused]) => refused === call).map(([, error]) => `error=${error}`)]
    for (const inject of injections) found.set(`${call} ${n} ${inject}`, { call, n, inject })
  }
  return [...found.values()]
}

export async function strikeAt(directory: string, { call, n, inject }: StrikePoint): Promise<Struck> {
  const options = ['-e', `trace=${call}`, '-e', `inject=${call}:${inject}:when=${n}`]
  const isKill = inject === 'signal=SIGKILL'
  const { log, own, store, problems } = await run(directory, options, isKill)
  const lines = readFileSync(log, 'utf8').split('\n')
  // Another thread's n-th call may be about a pipe of the harness or a wake-up of Node's, whose failure says nothing.
  const injected = lines.filter((line) => line.includes(isKill ? 'killed by SIGKILL' : 'INJECTED'))
  const hasStruck = injected.length > 0 && (isKill || injected.every((line) => line.includes(store)))
  return { hasStruck, problems: isKill || hasStruck ? problems : [], directory: own }
}

interface Run {
  readonly log: string
  readonly own: string
  readonly store: string
  readonly problems: string[]
}

async function run(directory: string, options: readonly string[], mayBeKilled = false): Promise<Run> {
  const own = mkdtempSync(join(directory, 'strike-'))
  const [store, log] = [join(own, 'store'), join(own, 'calls')]
  const promised = new Promised()
  const session = new SessionProcess({ directory: store, name: 'w', seed: 's', work: 'steps' }, (key, answer) => promised.hear(key, answer))
  await session.opened()
  // Paths beside descriptors, so that one can see which calls are about the store.
  const strace = spawn('strace', ['-f', '-y', ...options, '-o', log, '-p', String(session.pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  const closed = once(strace, 'close')
  for await (const chunk of strace.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false }))
    if (/attached/.test(chunk as string)) break
  strace.stderr.resume()
  session.begin()
  const { code, signal, stderr } = await session.ended
  await closed
  const problems: string[] = []
  const wasKilled = signal === 'SIGKILL' && mayBeKilled
  if ((code !== 0 && !wasKilled) || stderr !== '') problems.push(`the session ended with ${signal ?? code}: ${stderr}`)
  if (existsSync(join(store, 'store.db'))) problems.push(...(await promised.judge(store)))
  return { log, own, store, problems }
}
