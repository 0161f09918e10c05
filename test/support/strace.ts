/** Faults of the disk, by strace: attached to a running program, it lets chosen system calls fail. Needs root, as ptrace mostly does. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface StraceOptions {
  /** System calls, by name. */
  readonly calls: readonly string[]
  /** What happens to them, in strace's words: `error=EIO`, `delay_enter=200000`. Nothing, when not given: they are written down. */
  readonly inject?: string
  /** Only calls on this file. */
  readonly path?: string
  /** Of all threads of the process; else only of the one that is named. */
  readonly isForAll?: boolean
}

/** A running strace. */
export interface Strace {
  /** Lets go of the program; answers with the lines of what was seen, each beginning with the id of its thread. */
  detach(): Promise<readonly string[]>
}

/** Attaches to a process (or one thread of it); resolves when calls from then on are seen. */
export async function attach(id: number, { calls, inject, path, isForAll = true }: StraceOptions): Promise<Strace> {
  const directory = mkdtempSync(join(tmpdir(), 'strace-'))
  const file = join(directory, 'lines')
  const list = calls.join(',')
  const faults = inject === undefined ? [] : ['-e', `inject=${list}:${inject}`]
  const args = [
    isForAll ? '-f' : '',
    '-e',
    `trace=${list}`,
    ...faults,
    ...(path === undefined ? [] : ['-P', path]),
    '-o',
    file,
    '-p',
    `${id}`,
  ]
  const strace = spawn(
    'strace',
    args.filter((arg) => arg !== ''),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(strace, 'close')
  onTestFinished(async () => {
    strace.kill('SIGINT')
    await ended
    rmSync(directory, { recursive: true })
  })
  let said = ''
  for await (const chunk of strace.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += chunk as string
    if (/attached/.test(said)) break
  }
  if (!/attached/.test(said)) throw new Error(`strace could not attach: ${said}`)
  strace.stderr.resume()
  return {
    async detach() {
      strace.kill('SIGINT')
      await ended
      return readFileSync(file, 'utf8').split('\n').filter(Boolean)
    },
  }
}

/** The thread of a process that makes a call while `action` runs. */
export async function findThread(pid: number, calls: readonly string[], action: () => Promise<unknown>): Promise<number> {
  const strace = await attach(pid, { calls })
  await action()
  const [line = ''] = await strace.detach()
  const [thread = ''] = /^\d+/.exec(line) ?? []
  if (thread === '') throw new Error(`No thread of ${pid} called ${calls.join(', ')}.`)
  return Number(thread)
}
