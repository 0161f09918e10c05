/**
 * What sessions have open: streams, polls and downloads, each of which ends within a second of its session (rule E1).
 *
 * The kind tells of sessions that are gone, whoever ended them. Time that is up, a token that was rotated away, and what a watcher missed are found
 * by looking twice a second. While no session has anything open nothing watches, and no timer runs.
 */
import type { Clock, Timer } from '../base/clock.ts'
import { HoldfastError } from '../base/error.ts'
import type { SessionsReads } from '../kinds/sessions/reads.ts'
import { assertStillIn, sessionOver, type SessionVisitor, type Visitor } from './gate/visitor.ts'

/** Between two looks, ms. */
const lookEveryMs = 500

/** How long a client may take for what was written before its session ended, ms. */
export const sessionGraceMs = 400

interface OpenVisit {
  readonly visitor: SessionVisitor
  readonly end: (error: unknown) => void
  readonly assertSame: () => void
}

/** Somebody who waits for an answer. */
export interface Waiting {
  readonly visitor: Visitor
  /** Throws when the answer is of no use any more. */
  readonly assertSame: () => void
}

export interface OpenVisitsParts {
  readonly sessions: Pick<SessionsReads, 'onRevoked'> | undefined
  readonly clock: Pick<Clock, 'after'>
  /** What one session may have open at once. */
  readonly mostEach: number
}

export class OpenVisits {
  readonly #parts: OpenVisitsParts
  readonly #visits = new Set<OpenVisit>()
  #timer: Timer | undefined
  #unwatch: (() => void) | undefined

  constructor(parts: OpenVisitsParts) {
    this.#parts = parts
  }

  /** One session does not take all the places there are. @throws HoldfastError TOO_MANY_STREAMS */
  assertRoom(visitor: Visitor): void {
    if (visitor.by !== 'session') return
    const { mostEach } = this.#parts
    const open = [...this.#visits].filter((visit) => visit.visitor.session.id === visitor.session.id).length
    if (open < mostEach) return
    throw new HoldfastError('TOO_MANY_STREAMS', `The session has ${open} streams open, as many as it may.`, { limit: mostEach })
  }

  /**
   * Calls `end` once, with the error to tell, when the visitor's session is over or it may see something else; at once where that is so already.
   * An owner's visit never ends by itself.
   *
   * @param assertSame throws when the visit has to end
   * @returns to be called when the visit has ended by itself
   */
  keep(visitor: Visitor, end: (error: unknown) => void, assertSame = (): void => assertStillIn(visitor)): () => void {
    if (visitor.by !== 'session') return none
    const visit: OpenVisit = { visitor, end, assertSame }
    this.#visits.add(visit)
    try {
      this.#begin()
      assertSame()
    } catch (error) {
      this.#end(visit, error)
    }
    return () => this.#drop(visit)
  }

  /**
   * Runs what waits; its signal is aborted when the client has gone, or the visitor's session is over.
   *
   * @throws HoldfastError UNAUTHENTICATED when the session was over by the end, whatever came of it, and whatever `assertSame` throws
   */
  async during<Value>({ visitor, assertSame }: Waiting, gone: AbortSignal, run: (gone: AbortSignal) => Promise<Value>): Promise<Value> {
    if (visitor.by !== 'session') return run(gone)
    const over = new AbortController()
    const leave = (): void => over.abort()
    gone.addEventListener('abort', leave)
    const stop = this.keep(visitor, leave, assertSame)
    try {
      const value = await run(over.signal)
      assertSame()
      return value
    } finally {
      stop()
      gone.removeEventListener('abort', leave)
    }
  }

  #begin(): void {
    this.#timer ??= this.#parts.clock.after(lookEveryMs, () => this.#look(), { background: true })
    this.#unwatch ??= this.#parts.sessions?.onRevoked((ids) => {
      for (const visit of [...this.#visits]) if (ids.includes(visit.visitor.session.id)) this.#end(visit, sessionOver())
    })
  }

  #look(): void {
    this.#timer = undefined
    for (const visit of [...this.#visits]) {
      try {
        visit.assertSame()
      } catch (error) {
        // Also where it cannot be known any more.
        this.#end(visit, error)
      }
    }
    if (this.#visits.size > 0) this.#begin()
  }

  #end(visit: OpenVisit, error: unknown): void {
    if (!this.#visits.has(visit)) return
    this.#drop(visit)
    visit.end(error)
  }

  #drop(visit: OpenVisit): void {
    this.#visits.delete(visit)
    if (this.#visits.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#unwatch?.()
    this.#unwatch = undefined
  }
}

function none(): void {}
