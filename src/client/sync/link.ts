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
import type { Clock, Random } from '../../base/clock.ts'
import { decodeCommit, decodeCommitLine } from '../../protocol/commit-text.ts'
import { readErrorBody } from '../../protocol/error-text.ts'
import { heartbeatMs, missedHeartbeats, pollWaitMs } from '../../protocol/limits.ts'
import { answerInvalid, ReplicaError, toReplicaError, unreachable } from '../replica-error.ts'
import type { HeldState } from './held-state.ts'
import { Hydration, type HydrationOptions } from './hydration.ts'
import { Ladder, type Transport } from './ladder.ts'
import { Pauses } from './pauses.ts'
import type { StatusBoard } from './status.ts'
import { Watchdog } from './watchdog.ts'
import type { ChangesAnswer, FeedEvent, Wire, WireOptions } from './wire.ts'

const backoff = { minMs: 1_000, maxMs: 30_000 }

/** Between polls that do not wait. */
const pollPauseMs = 2_000

/** What lasted this long was no failure when it ends: it is taken up again at once. */
const steadyMs = 5_000

export interface LinkParts {
  readonly held: HeldState
  readonly status: StatusBoard
  readonly wire: Wire
  readonly clock: Clock
  readonly random: Random
  readonly transport: 'auto' | Transport
  /** What to follow; all kinds that have a feed when undefined. */
  readonly kinds: readonly string[] | undefined
  readonly state: string | undefined
  readonly lastOf: HydrationOptions['lastOf']
  readonly onDamaged: HydrationOptions['onDamaged']
  /** The server answers again. */
  readonly onLive: () => void
}

/** What to do after an attempt: another one after a while, or nothing. */
type Verdict = { readonly delayMs: number } | { readonly stop: 'refused' | 'outdated'; readonly error: ReplicaError }

export class Link {
  readonly #parts: LinkParts
  readonly #ladder: Ladder
  readonly #pauses: Pauses
  #attempt = new AbortController()
  /** The poll that waits for a commit. */
  #waiting: AbortController | undefined
  /** A snapshot that came in place of commits. */
  #reset: Hydration | undefined
  #mustHydrate = true
  #isFollowing = false
  #liveAt: number | undefined
  #hasDelivered = false
  /** Attempts in a row that came to nothing. */
  #failures = 0
  #isRunning = false
  #isClosed = false

  constructor(parts: LinkParts) {
    this.#parts = parts
    this.#ladder = new Ladder(parts.clock, parts.transport)
    this.#pauses = new Pauses(parts.clock)
  }

  /** Begins, or tries again now. */
  start(): void {
    this.#pauses.wake()
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    this.#failures = 0
    const { held, status } = this.#parts
    held.hope()
    status.set(held.data === undefined ? 'connecting' : 'resuming')
    // It never rejects.
    void this.#run()
  }

  /** Somebody waits for what the server has already. */
  hurry(): void {
    this.#waiting?.abort()
    if (this.#isFollowing) this.#pauses.wake()
  }

  close(): void {
    this.#isClosed = true
    this.#attempt.abort()
    this.#pauses.wake()
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const verdict = await this.#try()
      if (this.#isClosed) return
      if ('stop' in verdict) {
        this.#isRunning = false
        this.#parts.held.refuse(verdict.error)
        this.#parts.status.set(verdict.stop, { error: verdict.error })
        return
      }
      if (verdict.delayMs > 0) await this.#pauses.pause(verdict.delayMs)
    }
  }

  async #try(): Promise<Verdict> {
    const { clock, status } = this.#parts
    const attempt = new AbortController()
    const patienceMs = heartbeatMs * (this.#ladder.isClimbing ? 1.25 : missedHeartbeats)
    const watchdog = new Watchdog(clock, patienceMs, () => attempt.abort(unreachable(`Nothing was heard for ${patienceMs} ms.`)))
    const onActivity = (): void => {
      watchdog.heard()
      status.heard()
    }
    this.#attempt = attempt
    this.#begin()
    try {
      const options = { signal: attempt.signal, onActivity }
      if (this.#mustHydrate) await this.#hydrate(options)
      this.#isFollowing = true
      await (this.#ladder.current === 'sse' ? this.#stream(options) : this.#poll(options))
      return { delayMs: 0 }
    } catch (error) {
      return this.#judge(toReplicaError(attempt.signal.aborted ? attempt.signal.reason : error))
    } finally {
      watchdog.stop()
      attempt.abort()
      this.#isFollowing = false
    }
  }

  #begin(): void {
    this.#reset = undefined
    this.#isFollowing = false
    this.#hasDelivered = false
    this.#liveAt = undefined
  }

  async #hydrate(options: WireOptions): Promise<void> {
    const { held, status, wire, kinds, state } = this.#parts
    const pieces = await wire.snapshot({ kinds, state }, options)
    status.set(held.data === undefined ? 'hydrating' : 'resuming')
    const hydration = this.#newHydration()
    for await (const piece of pieces) {
      options.onActivity()
      hydration.add(piece)
    }
    this.#install(hydration)
  }

  #newHydration(): Hydration {
    const { held, state, lastOf, onDamaged } = this.#parts
    return new Hydration({ state, lastOf, onDamaged, before: held.data })
  }

  #install(hydration: Hydration): void {
    this.#parts.held.install(hydration.finish())
    this.#mustHydrate = false
  }

  async #stream(options: WireOptions): Promise<void> {
    const { held, wire, kinds, state } = this.#parts
    const events = await wire.feed({ kinds, state, after: held.data?.cursor }, options)
    this.#live('sse')
    for await (const event of events) {
      if (this.#isClosed) return
      options.onActivity()
      this.#take(event)
      this.#delivered()
    }
    throw unreachable('The server ended the stream.')
  }

  #take({ event, id, data }: FeedEvent): void {
    const { held } = this.#parts
    switch (event) {
      case undefined:
        this.#assertWhole()
        return held.apply(decodeCommit(id ?? '', data))
      case 'bookmark':
        this.#assertWhole()
        return held.move(id ?? '')
      case 'reset':
        this.#parts.status.set('resuming', { error: errorOf(data) })
        this.#reset = this.#newHydration()
        return
      case 'snapshot':
        return this.#takeSnapshot(id, data)
      case 'end':
        throw errorOf(data)
      default:
      // What a newer server says besides is not needed.
    }
  }

  #takeSnapshot(id: string | undefined, lines: string): void {
    this.#reset ??= this.#newHydration()
    this.#reset.add(`${lines}\n`)
    if (id === undefined) return
    this.#install(this.#reset)
    this.#reset = undefined
    this.#live('sse')
  }

  #assertWhole(): void {
    if (this.#reset !== undefined) throw answerInvalid('a commit came in the middle of a snapshot')
  }

  async #poll(options: WireOptions): Promise<void> {
    const { clock } = this.#parts
    const transport = this.#ladder.current
    const waitMs = transport === 'poll' ? 0 : pollWaitMs.default
    while (!this.#isClosed) {
      const askedAt = clock.elapsed()
      const answer = await this.#ask(waitMs, options)
      options.onActivity()
      this.#takeLines(answer)
      this.#live(transport)
      this.#delivered()
      if (this.#ladder.climb()) return
      // An answer that should have waited and did not must not be asked for over and over.
      const isQuick = clock.elapsed() - askedAt < backoff.minMs
      if (answer.text === '' && (waitMs === 0 || isQuick)) await this.#pauses.pause(pollPauseMs, options.signal)
      options.signal.throwIfAborted()
    }
  }

  async #ask(waitMs: number, options: WireOptions): Promise<ChangesAnswer> {
    const { held, wire, kinds, state } = this.#parts
    const request = { kinds, state, after: held.data?.cursor }
    const waiting = new AbortController()
    this.#waiting = waiting
    try {
      return await wire.changes({ ...request, waitMs }, { ...options, signal: AbortSignal.any([options.signal, waiting.signal]) })
    } catch (error) {
      if (!waiting.signal.aborted || options.signal.aborted) throw error
      return await wire.changes({ ...request, waitMs: 0 }, options)
    } finally {
      this.#waiting = undefined
    }
  }

  #takeLines({ text, cursor }: ChangesAnswer): void {
    const { held } = this.#parts
    for (const line of text.split('\n')) if (line !== '' && !this.#isClosed) held.apply(decodeCommitLine(line))
    if (cursor !== undefined) held.move(cursor)
  }

  #live(transport: Transport): void {
    const { clock, status, onLive } = this.#parts
    this.#liveAt ??= clock.elapsed()
    const wasLive = status.state === 'live'
    status.set('live', { transport })
    if (!wasLive) onLive()
  }

  #delivered(): void {
    this.#hasDelivered = true
    this.#ladder.delivered()
  }

  #judge(error: ReplicaError): Verdict {
    if (error.code === 'STATE_VERSION_MISMATCH') return { stop: 'outdated', error }
    if (error.code === 'SIGN_IN_NEEDED') return { stop: 'refused', error }
    const isReset = error.code.startsWith('CURSOR_')
    // A commit that cannot be read is not asked for again.
    if (isReset || error.cause instanceof SyntaxError) this.#mustHydrate = true
    if (this.#isFollowing && !this.#hasDelivered && !isReset) {
      const wasClimbing = this.#ladder.isClimbing
      this.#ladder.failed()
      // The one that would do is tried next.
      if (wasClimbing) return { delayMs: 0 }
    }
    return { delayMs: Math.max(this.#backOff(error, isReset), error.retryAfterMs ?? 0) }
  }

  #backOff(error: ReplicaError, isReset: boolean): number {
    const { held, status, clock, random } = this.#parts
    const isSteady = this.#liveAt !== undefined && clock.elapsed() - this.#liveAt >= steadyMs
    if (isSteady) this.#failures = 0
    const isSoon = isSteady || (isReset && this.#failures === 0)
    status.set(isSoon && held.data !== undefined ? 'resuming' : 'offline', { error })
    this.#failures += 1
    return isSoon ? 0 : backoffDelayMs(backoff, this.#failures - 1, random)
  }
}

/** The error in the data of a message. */
function errorOf(data: string): ReplicaError {
  const body = readErrorBody(data)
  return body === undefined ? answerInvalid('an error without a code') : new ReplicaError(body.code, body.message, body.details)
}
