/**
 * Keeps a replica in step with its server: hydrates, follows, and begins again wherever that was interrupted.
 *
 *   connecting ──snapshot──▶ hydrating ──whole──▶ live ──lost──▶ resuming ──▶ live      goes on from the cursor
 *                                │                  │                └─ cursor of no use ─▶ snapshot ─▶ live
 *                                └──── offline ◀────┴── not reached: tried again after 1 → 30 s
 *
 * One attempt runs at a time: a snapshot where one is due, then the feed by the transport that the ladder says. What is held stays readable
 * throughout; a snapshot takes its place at once, when it is whole. An attempt is given up when nothing was heard for 2.5 heartbeats.
 */
import { backoffDelayMs } from '../../base/backoff.ts'
import type { Stopwatch, Random } from '../../base/clock.ts'
import { decodeCommit, decodeCommitLine } from '../../protocol/commit-text.ts'
import { silenceMs } from '../../protocol/limits.ts'
import { cursorHeader, type FeedRequest, type Path, queryText } from '../../protocol/requests.ts'
import { readError, type ReplicaError, unreachable, answerInvalid } from '../replica-error.ts'
import { createEventReader, type FeedEvent } from './feed-events.ts'
import type { HeldState } from './held-state.ts'
import { createHydration, type HydrationOptions } from './hydration.ts'
import { type ChosenTransport, createLadder } from './ladder.ts'
import type { Pauses } from './pauses.ts'
import type { ReplicaState, StatusBoard } from './status.ts'
import { type AnswerHeaders, attempt, backoff, type RequestOptions, transportHeader, type Wire, type WireOptions } from './wire.ts'

/** Between polls that do not wait. */
const pollPauseMs = 2_000

/** What lasted this long was no failure when it ends: it is taken up again at once. */
const steadyMs = 5_000

export interface LinkParts {
  readonly held: HeldState
  readonly status: StatusBoard
  readonly wire: Wire
  /** For the transport `websocket`. */
  readonly socket: Wire
  readonly clock: Stopwatch
  readonly random: Random
  readonly pauses: Pauses
  readonly closed: AbortSignal
  readonly transport: ChosenTransport
  /** What to follow; all kinds that have a feed when undefined. */
  readonly kinds: readonly string[] | undefined
  readonly state: string | undefined
  readonly lastOf: HydrationOptions['lastOf']
  readonly onError: HydrationOptions['onError']
}

export interface Link {
  /** Begins, or tries again now. */
  start(): void
  /** Somebody waits for what the server has already. */
  hurry(): void
  /** Aborted when the server cannot be reached the next time, and as long as it is not tried. */
  readonly trying: AbortSignal
}

// A class in all but its syntax: private members cost a page more bytes than variables do (ADR 22).
// oxlint-disable-next-line max-lines-per-function
export function createLink(parts: LinkParts): Link {
  const { held, status, wire, socket, clock, random, pauses, closed, kinds, state, lastOf, onError } = parts
  const ladder = createLadder(clock, parts.transport)
  /** Ends the poll that waits for a commit, or the pause before the next one. */
  let waiting: AbortController | undefined
  let mustHydrate = true
  let hasDelivered = false
  /** Since when it is live, in this attempt. */
  let liveAt = Infinity
  /** Aborted, and another one put in its place, when the server cannot be reached. */
  let trying: AbortController
  /** Attempts in a row that came to nothing. */
  let failures = 0
  /** Whether the last of these was told that its cursor is of no use. */
  let wasReset = false
  let isRunning = false

  const ask = (path: Path, request: FeedRequest, options: WireOptions, carry: Wire = wire): Promise<AnswerHeaders> =>
    carry(`${path}?${queryText({ state, kinds, ...request })}`, options)

  const unlessHeld = (state: ReplicaState): ReplicaState => (held.data ? 'resuming' : state)

  const live = (transport?: string | null): void => {
    liveAt = Math.min(liveAt, clock.elapsed())
    if (status.current.state !== 'live') pauses.wake()
    status.set({ state: 'live', transport: (transport as 'shared' | 'socket.io' | null) ?? ladder.current })
  }

  const delivered = (): void => {
    hasDelivered = true
    ladder.delivered()
  }

  const hydrate = async (options: RequestOptions): Promise<void> => {
    const hydration = createHydration({ state, lastOf, onError, before: held.data })
    const onOpen = (): void => status.set({ state: unlessHeld('hydrating') })
    await ask('snapshot', {}, { ...options, onOpen, onLine: hydration.add })
    options.signal.throwIfAborted()
    held.install(hydration.finish())
    mustHydrate = false
  }

  const take = ({ event, id = '', data }: FeedEvent): void => {
    // A stream that resets itself would go on with a snapshot; one that is asked for can be shared with others.
    if (event === 'end' || event === 'reset') throw readError(data)
    if (!event) held.apply(decodeCommit(id, data))
    if (event === 'bookmark') held.move(id)
    delivered()
  }

  const stream = async (options: RequestOptions): Promise<void> => {
    const onOpen = (headers?: AnswerHeaders): void => {
      if (headers && !headers.get('content-type')?.startsWith('text/event-stream')) throw answerInvalid('no stream')
      live(headers?.get(transportHeader))
    }
    await ask(
      'feed',
      { after: held.data?.cursor },
      { ...options, onOpen, onLine: createEventReader(take) },
      ladder.current === 'sse' ? wire : socket,
    )
    throw unreachable('it ended')
  }

  /**
   * The first answer is not waited for: it says that the server is there, and what was missed. So is one for which somebody is in a hurry.
   * That such come through says nothing of those that wait.
   */
  const poll = async (options: RequestOptions): Promise<void> => {
    /** As long as the server thinks right when undefined; not longer than a try of a better transport may be silent. */
    const usualMs = ladder.current === 'poll' ? 0 : ladder.isClimbing ? silenceMs / 3 : undefined
    let waitMs: number | undefined = 0
    do {
      const askedAt = clock.elapsed()
      const { signal: hurried } = (waiting = new AbortController())
      const signal = AbortSignal.any([options.signal, hurried])
      let isEmpty = true
      const onLine = (line: string): void => {
        if (!line) return
        held.apply(decodeCommitLine(line))
        isEmpty = false
      }
      try {
        // One that does not wait is let be: if each call of many ended it, none would ever be answered.
        const wanted = waitMs === 0 ? options : { ...options, signal }
        const headers = await ask('changes', { after: held.data?.cursor, waitMs }, { ...wanted, onLine })
        const cursor = headers.get(cursorHeader)
        if (cursor) held.move(cursor)
        live()
        if (waitMs === usualMs) delivered()
      } catch (error) {
        if (waitMs === 0 || !hurried.aborted) throw error
      }
      // An answer that should have waited and did not must not be asked for over and over.
      if (isEmpty && waitMs === usualMs && (waitMs === 0 || clock.elapsed() - askedAt < backoff.minMs))
        await pauses.pause(pollPauseMs, signal)
      options.signal.throwIfAborted()
      waitMs = hurried.aborted ? 0 : usualMs
    } while (!ladder.climb())
  }

  /** What comes of an error: a while later another attempt. */
  const fail = async (error: ReplicaError, isFollowing: boolean): Promise<void> => {
    const isReset = error.code.startsWith('CURSOR_')
    // A commit that cannot be read is not asked for again.
    mustHydrate ||= isReset || error.cause instanceof SyntaxError
    // What came by the one that has ended is no reason to go on with it for ever.
    if (hasDelivered) ladder.climb()
    // The transport that would do is tried next.
    else if (isFollowing && !isReset && ladder.failed()) return
    const isSteady = clock.elapsed() - liveAt >= steadyMs
    // A server that resets answers again, whatever came before; one that does nothing else is asked less and less often.
    const isSoon = isSteady || (isReset && !wasReset)
    wasReset = isReset
    if (isSoon) failures = 0
    else {
      trying.abort()
      trying = new AbortController()
    }
    status.set({ state: isSoon ? unlessHeld('offline') : 'offline', error })
    const delayMs = Math.max(isSoon ? 0 : backoffDelayMs(backoff, failures, random), error.retryAfterMs ?? 0)
    failures += 1
    if (delayMs) await pauses.pause(delayMs, closed)
  }

  const run = async (): Promise<void> => {
    while (!closed.aborted) {
      liveAt = Infinity
      hasDelivered = false
      const isFollowing = !mustHydrate
      const follow = ladder.current.endsWith('poll') ? poll : stream
      const options = { clock, signal: closed, patienceMs: silenceMs / (ladder.isClimbing ? 2 : 1), onHeard: status.heard }
      try {
        await attempt(options, isFollowing ? follow : hydrate)
      } catch (thrown) {
        const error = thrown as ReplicaError
        const { code, status: answered = 500 } = error
        // What a server of ours refuses it refuses the next time as well: it is for somebody to do something.
        if (code === 'UNAUTHENTICATED' || (answered < 500 && !/^CURSOR_|^UNREACHABLE/.test(code))) {
          isRunning = false
          trying.abort()
          held.refuse(error)
          // Whoever is told may try again at once, which is another run.
          return status.set({ state: code === 'STATE_VERSION_MISMATCH' ? 'outdated' : 'refused', error })
        }
        await fail(error, isFollowing)
      }
    }
  }

  return {
    start() {
      pauses.wake()
      if (isRunning || closed.aborted) return
      isRunning = true
      failures = 0
      trying = new AbortController()
      held.expect()
      status.set({ state: unlessHeld('connecting') })
      // It never rejects.
      void run()
    },
    hurry: () => waiting?.abort(),
    get trying() {
      return trying.signal
    },
  }
}
