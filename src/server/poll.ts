/** The feed without a stream: what came after a cursor, waiting for it a while. */
import type { Clock } from '../base/clock.ts'
import { encodeCommit, toCommitLine } from '../protocol/commit-text.ts'
import { pollBytes, pollWaitMs } from '../protocol/limits.ts'
import type { Scope } from './views/scope.ts'

export interface PollParts {
  readonly clock: Clock
  readonly scope: Pick<Scope, 'cursor' | 'follow'>
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal
}

export interface Polled {
  /** Lines of commits, `''` when there were none. */
  readonly text: string
  /** Where to go on from. */
  readonly cursor: string
}

/**
 * The commits after a cursor: at once when there are any, else the first ones within `waitMs`.
 *
 * @throws HoldfastError CURSOR_INVALID · CURSOR_EXPIRED · CURSOR_IN_FUTURE · CURSOR_DIVERGED · STORE_CLOSED
 */
export async function poll(parts: PollParts, after: string, waitMs: number | undefined): Promise<Polled> {
  const wait = clampWait(waitMs)
  if (wait === 0 && after === parts.scope.cursor) return { text: '', cursor: after }
  const over = new AbortController()
  const end = (): void => over.abort()
  const timer = parts.clock.after(wait, end, { background: true })
  parts.gone.addEventListener('abort', end)
  if (parts.gone.aborted) end()
  try {
    return await collect(parts, after, over.signal)
  } finally {
    timer.cancel()
    parts.gone.removeEventListener('abort', end)
    end()
  }
}

async function collect({ scope }: PollParts, after: string, signal: AbortSignal): Promise<Polled> {
  const lines: string[] = []
  let bytes = 0
  let cursor = after
  for await (const commit of scope.follow(after, signal)) {
    cursor = commit.cursor
    if (commit.changes.length > 0) {
      const line = toCommitLine(cursor, encodeCommit(commit))
      lines.push(line)
      bytes += line.length
    }
    const isAll = cursor === scope.cursor
    if (bytes >= pollBytes || (isAll && lines.length > 0)) break
  }
  return { text: lines.join(''), cursor }
}

function clampWait(waitMs: number | undefined): number {
  if (waitMs === undefined || Number.isNaN(waitMs)) return pollWaitMs.default
  return Math.max(0, Math.min(pollWaitMs.most, waitMs))
}
