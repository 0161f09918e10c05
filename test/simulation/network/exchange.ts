/** One request and its answer, over a connection of its own. */
import type { Timer } from '../../../src/base/clock.ts'
import type { Reply } from '../../../src/server/reply.ts'
import type { SeededRandom } from '../../harness/seeded-random.ts'
import type { Tally } from '../../model/tally.ts'
import type { Daemon } from '../server/daemon.ts'
import { ServerEnd } from './server-end.ts'
import { ReceivedBody } from './received-body.ts'
import { FramedEnd, isUpgrade } from './simulated-web-socket.ts'
import type { VirtualClock } from '../virtual-clock.ts'

/** What will happen to a connection; counts are of bytes that the client has got. */
export interface Fate {
  readonly isRefused: boolean
  /** The request never arrives, and nobody says so. */
  readonly isLost: boolean
  readonly cutAfter: number
  /** What is cut looks like an end, where the sort of answer lets it. */
  readonly isCleanCut: boolean
  readonly silentAfter: number
  readonly stallAfter: number
  readonly stallMs: number
  /** The request arrives a second time, later. */
  readonly isDuplicated: boolean
  readonly delayMs: number
  readonly split: number
  readonly weight: number
}

export interface ExchangeParts {
  readonly name: string
  readonly url: string
  readonly init: RequestInit
  readonly fate: Fate
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly daemon: Daemon
  readonly tally: Tally
  readonly trace: (what: string) => void
}

/** What a stream leaves untaken before it goes on from the history. */
const fullBytes = 768 * 1024

const encoder = new TextEncoder()

export class Exchange {
  onOver: () => void = () => undefined
  readonly #parts: ExchangeParts
  readonly #answered = Promise.withResolvers<Response>()
  readonly #body: ReceivedBody
  readonly #gone = new AbortController()
  #fate: Fate
  #server: ServerEnd | undefined
  /** The process that answers. */
  #life: object | undefined
  #head: Reply | undefined
  #sent = 0
  #transmission: Timer | undefined
  #isSilent = false
  #isOver = false
  readonly #onAbort = (): void => this.#leave(this.#parts.init.signal?.reason)

  constructor(parts: ExchangeParts) {
    this.#parts = parts
    this.#fate = parts.fate
    this.#body = new ReceivedBody(() => this.#leave(undefined))
  }

  get response(): Promise<Response> {
    return this.#answered.promise
  }

  begin(): void {
    const { init, clock, random, trace, name, url } = this.#parts
    trace(`${name} asks ${init.method ?? 'GET'} ${url.slice(url.lastIndexOf('/'))}`)
    const { signal } = init
    if (signal?.aborted === true) return this.#leave(signal.reason)
    signal?.addEventListener('abort', this.#onAbort)
    const { isRefused, isLost, delayMs } = this.#fate
    this.#isSilent = isLost && !isRefused
    clock.after(random.next() * delayMs, () => (isRefused ? this.#break('refused') : this.#arrive()))
  }

  /** Nothing arrives any more, on either side, and nobody is told. */
  fallSilent(): void {
    if (this.#isOver || this.#isSilent) return
    this.#note('half-open')
    this.#isSilent = true
    this.#transmission?.cancel()
  }

  cut(): void {
    if (!this.#isOver && !this.#isSilent) this.#break('cut')
  }

  serverGone(isSilent: boolean): void {
    if (this.#isOver || this.#life === undefined) return
    this.#server?.die()
    this.#server = undefined
    if (isSilent) this.fallSilent()
    else this.cut()
  }

  calm(): void {
    this.#fate = { ...this.#fate, cutAfter: Infinity, silentAfter: Infinity, stallAfter: Infinity, delayMs: 5 }
  }

  #arrive(): void {
    const { daemon, init, clock, random, url } = this.#parts
    if (this.#isSilent) return
    if (!daemon.isUp) return this.#break('refused')
    const body = encoder.encode((init.body as string | undefined) ?? '')
    const headers = { get: () => undefined, all: () => [] }
    const head = { method: init.method ?? 'GET', target: url.slice(url.indexOf('/state/')), headers }
    const asked = { head, body: () => Promise.resolve(body) }
    if (this.#fate.isDuplicated) {
      clock.after(random.next() * 20_000, () => {
        this.#note('asked twice')
        if (daemon.isUp) void daemon.ask({ ...asked, gone: new AbortController().signal })
      })
    }
    this.#life = daemon.life
    const { life } = daemon
    void daemon.ask({ ...asked, gone: this.#gone.signal }).then((reply) => {
      if (life === daemon.life) this.#reply(reply)
    })
  }

  #reply(reply: Reply): void {
    // Where the client has gone, the server learns it by what it writes to.
    this.#head = reply
    const server = new ServerEnd(this.#fate.weight, () => this.#work())
    this.#server = server
    if (this.#isOver) server.closedByPeer()
    this.#plan()
    if (typeof reply.body === 'function') return reply.body(isUpgrade(this.#parts.init) ? new FramedEnd(server) : server)
    for (const piece of reply.body as readonly Uint8Array[]) server.write(piece)
    server.end()
  }

  #work(): void {
    if ((this.#server?.pendingBytes ?? 0) > fullBytes) this.#parts.tally.note('buffer full')
    this.#plan()
  }

  #plan(): void {
    const { clock, random } = this.#parts
    if (this.#transmission !== undefined || this.#isSilent || this.#isOver) return
    this.#transmission = clock.after(random.next() * this.#fate.delayMs, () => {
      this.#transmission = undefined
      this.#transmit()
    })
  }

  #transmit(): void {
    const { clock, random } = this.#parts
    const server = this.#server
    if (server === undefined || this.#isSilent || this.#isOver) return
    if (server.isDestroyed) return this.#break('cut by the server')
    this.#deliverHead()
    if (this.#sent >= this.#fate.stallAfter) {
      const { stallMs } = this.#fate
      this.#fate = { ...this.#fate, stallAfter: Infinity }
      this.#note('stalled')
      this.#transmission = clock.after(stallMs, () => {
        this.#transmission = undefined
        this.#transmit()
      })
      return
    }
    const most = random.chance(this.#fate.split) ? 1 + random.below(random.chance(0.3) ? 8 : 300) : Infinity
    const next = Math.min(this.#fate.cutAfter, this.#fate.silentAfter, this.#fate.stallAfter) - this.#sent
    const bytes = server.take(Math.min(most, Math.max(1, next)))
    this.#deliver(bytes, server)
  }

  #deliver(bytes: Uint8Array, server: ServerEnd): void {
    const { trace, name } = this.#parts
    if (bytes.byteLength > 0) {
      trace(`${name} ${bytes.byteLength}`)
      this.#sent += bytes.byteLength
      if (server.splitsCharacter) this.#note('split inside a character')
      this.#body.receive(bytes)
    }
    if (this.#isOver) return
    if (this.#sent >= this.#fate.silentAfter) return this.fallSilent()
    if (this.#sent >= this.#fate.cutAfter) return this.#break('cut')
    if (server.hasMore) return this.#plan()
    if (!server.isEnded) return
    this.#body.end()
    this.#finish()
  }

  #deliverHead(): void {
    const head = this.#head
    if (head === undefined) return
    this.#head = undefined
    const { status, headers } = head
    const body = status === 204 ? null : this.#body
    const response = {
      ok: status >= 200 && status < 300,
      status,
      headers: new Headers(headers),
      body: body && { getReader: () => body },
      text: () => this.#body.text(),
    }
    this.#answered.resolve(response as unknown as Response)
  }

  /** The connection ends in the middle; both sides learn of it. */
  #break(how: string): void {
    if (this.#isOver) return
    this.#note(how)
    const error = new TypeError(how)
    const isStream = /\/(?:feed|snapshot)\?/.test(this.#parts.url)
    if (isStream && this.#fate.isCleanCut && this.#sent > 0) {
      this.#note('cut that looks like an end')
      this.#body.end()
    } else {
      this.#body.fail(error)
    }
    this.#answered.reject(error)
    this.#finish()
    this.#tellServer()
  }

  /** The client goes. */
  #leave(reason: unknown): void {
    if (this.#isOver) return
    this.#body.fail(reason)
    this.#answered.reject(reason)
    this.#finish()
    if (!this.#isSilent) this.#tellServer()
  }

  #tellServer(): void {
    const { clock, random } = this.#parts
    clock.after(random.next() * this.#fate.delayMs, () => {
      if (this.#life !== this.#parts.daemon.life) return
      this.#server?.closedByPeer()
      this.#gone.abort()
    })
  }

  #finish(): void {
    this.#isOver = true
    this.#transmission?.cancel()
    // Node keeps signals that are joined of others for as long as somebody listens to them.
    this.#parts.init.signal?.removeEventListener('abort', this.#onAbort)
    // Whoever has gone does not wait for the answer.
    this.#answered.promise.catch(() => undefined)
    this.onOver()
  }

  #note(what: string): void {
    const { tally, trace, name } = this.#parts
    tally.note(what)
    trace(`${name} ${what}`)
  }
}
