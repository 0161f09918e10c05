/** The locks and channels of one origin in a browser, as its standards describe them, for tabs that can freeze. */
import type { Locks, LockWish, TabChannel, TermedMessage } from '../../src/client/tabs/tab-channel.ts'

interface Standing {
  readonly tab: Tab
  readonly lead: () => Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** What a tab is given. */
export interface Tab {
  readonly locks: Locks
  readonly openChannel: (name: string) => TabChannel
  /** Nothing that it posts leaves it, and nothing reaches it, until it thaws; then everything does, in order. */
  freeze(): void
  thaw(): void
  /** It is gone, as when its process was killed: without a word, and its locks are free. */
  crash(): void
}

export interface SimulatedTabsParts {
  /** Lets something happen a little later, in the order of the calls. */
  readonly later: (callback: () => void) => void
  /** Told what happened to locks. */
  readonly note?: (what: string) => void
}

export class SimulatedTabs {
  readonly #parts: SimulatedTabsParts
  readonly #held = new Map<string, Standing>()
  readonly #waiting = new Map<string, Standing[]>()
  readonly #channels = new Map<string, Set<SimulatedChannel>>()
  readonly #frozen = new Map<Tab, (() => void)[]>()
  readonly #crashed = new Set<Tab>()

  constructor(parts: SimulatedTabsParts) {
    this.#parts = parts
  }

  open(): Tab {
    const tab: Tab = {
      locks: { request: (name, wish, lead) => this.#request(tab, name, { wish, lead }) },
      openChannel: (name) => this.#openChannel(tab, name),
      freeze: () => void this.#frozen.set(tab, []),
      thaw: () => {
        const kept = this.#frozen.get(tab) ?? []
        this.#frozen.delete(tab)
        for (const happen of kept) happen()
      },
      crash: () => {
        this.#crashed.add(tab)
        for (const [name, standings] of this.#waiting) {
          this.#waiting.set(
            name,
            standings.filter((standing) => standing.tab !== tab),
          )
        }
        for (const [name, standing] of [...this.#held]) if (standing.tab === tab) this.#release(name, standing)
      },
    }
    return tab
  }

  #request(tab: Tab, name: string, { wish, lead }: { readonly wish: LockWish; readonly lead: () => Promise<void> }): Promise<void> {
    return new Promise((resolve, reject) => {
      const standing = { tab, lead, resolve, reject }
      const waiting = this.#waiting.get(name) ?? []
      this.#waiting.set(name, waiting)
      if ('steal' in wish) return this.#steal(name, standing)
      wish.signal.throwIfAborted()
      wish.signal.addEventListener('abort', () => {
        const at = this.#waiting.get(name)?.indexOf(standing) ?? -1
        if (at === -1) return
        this.#waiting.get(name)?.splice(at, 1)
        reject(wish.signal.reason as Error)
      })
      waiting.push(standing)
      this.#grantNext(name)
    })
  }

  #steal(name: string, standing: Standing): void {
    const before = this.#held.get(name)
    this.#parts.note?.('lock stolen')
    if (before) this.#reach(before.tab, () => before.reject(new DOMException('stolen', 'AbortError')))
    this.#grant(name, standing)
  }

  #grantNext(name: string): void {
    if (this.#held.has(name)) return
    const next = this.#waiting.get(name)?.shift()
    if (next) this.#grant(name, next)
  }

  #grant(name: string, standing: Standing): void {
    this.#held.set(name, standing)
    this.#reach(standing.tab, () => {
      standing
        .lead()
        .then(standing.resolve, standing.reject)
        .finally(() => this.#leave(standing.tab, () => this.#release(name, standing)))
    })
  }

  #release(name: string, standing: Standing): void {
    if (this.#held.get(name) !== standing) return
    this.#held.delete(name)
    if ((this.#waiting.get(name)?.length ?? 0) > 0) this.#parts.note?.('lock passed on')
    this.#grantNext(name)
  }

  /** Something that a tab does is felt outside of it at once, or when it thaws. */
  #leave(tab: Tab, happen: () => void): void {
    const kept = this.#frozen.get(tab)
    if (this.#crashed.has(tab)) return
    if (kept) kept.push(happen)
    else happen()
  }

  /** Something happens in a tab, a little later, or when it thaws. */
  #reach(tab: Tab, happen: () => void): void {
    this.#parts.later(() => this.#leave(tab, happen))
  }

  #openChannel(tab: Tab, name: string): TabChannel {
    const all = this.#channels.get(name) ?? new Set()
    this.#channels.set(name, all)
    const channel = new SimulatedChannel({
      post: (message) => {
        const others = [...all].filter((other) => other !== channel)
        this.#leave(tab, () => others.forEach((other) => this.#reach(other.tab, () => other.receive(message))))
      },
      leave: () => all.delete(channel),
      tab,
    })
    all.add(channel)
    return channel
  }
}

interface ChannelParts {
  readonly tab: Tab
  readonly post: (message: TermedMessage) => void
  readonly leave: () => void
}

class SimulatedChannel implements TabChannel {
  onmessage: ((event: { readonly data: TermedMessage }) => void) | null = null
  readonly #parts: ChannelParts
  #isClosed = false

  constructor(parts: ChannelParts) {
    this.#parts = parts
  }

  get tab(): Tab {
    return this.#parts.tab
  }

  postMessage(message: TermedMessage): void {
    if (this.#isClosed) throw new DOMException('closed', 'InvalidStateError')
    this.#parts.post(message)
  }

  receive(message: TermedMessage): void {
    if (!this.#isClosed) this.onmessage?.({ data: message })
  }

  close(): void {
    this.#isClosed = true
    this.#parts.leave()
  }
}
