/**
 * One feed for all tabs of an origin that ask the same server for the same (ADR 24).
 *
 * It stands between a replica and its wire. A request for the feed waits for a lock, and has it as long as it lasts:
 *
 *   waiting   what it hears is what the tab that leads posts
 *   leading   it goes to the server, and what is answered is posted to the others, message by message
 *
 * So the lead passes on by itself when a tab is closed, crashes or fails, and a request that waited becomes one to the server, from where
 * it was. A replica does not know of it: a lost connection is a request that rejects, in whichever tab. From a tab that leads and is not
 * heard for 2.5 heartbeats the lock is taken.
 *
 * A message says from which cursor to which it leads, so that what was missed is noticed, and asked for at the server. What comes late
 * from a tab that led before is behind, or of another history than the server has, and is passed over.
 */
import type { Stopwatch, Random } from '../../base/clock.ts'
import { queryText, readFeedQuery } from '../../protocol/requests.ts'
import type { AnswerHeaders, Wire, WireOptions } from '../sync/wire.ts'
import { SharedRequest } from './shared-request.ts'
import type { Locks, TabChannel, TabMessage } from './tab-channel.ts'

export interface SharedFeedParts {
  /** Begins the name of the lock: the same for those, and only those, that ask the same server. */
  readonly name: string
  readonly locks: Locks
  readonly openChannel: (name: string) => TabChannel
  /** For what was missed. */
  readonly wire: Wire
  readonly clock: Stopwatch
  readonly random: Random
}

export interface SharedFeed {
  /** A wire of which the feed is shared. */
  share(through: Wire): Wire
  /** Calls back whenever another tab is live while this one does not ask, until the signal is aborted. */
  onLive(callback: () => void, signal: AbortSignal): void
}

/** How long those that would take the lock wait for each other, ms, at most. */
const mostStealMs = 5_000

export function createSharedFeed({ name, locks, openChannel, wire, clock, random }: SharedFeedParts): SharedFeed {
  let channel: TabChannel | undefined
  /** The one that is under way. */
  let request: SharedRequest | undefined
  let hope: (() => void) | undefined
  /** Where the tab that leads was last, as it said; empty before it was heard. */
  let latest = ''
  /** Whether it was not heard for too long. */
  let isSilent = false

  const open = (lock: string): void => {
    channel ??= openChannel(lock)
    channel.onmessage = ({ data }) => {
      if (typeof data !== 'string') latest = data[1]
      if (typeof data !== 'string' && data[0] === latest && !request) hope?.()
      request?.take(data)
    }
  }

  const post = (message: TabMessage): void => channel?.postMessage(message)

  const onHeard = (): void => void (isSilent = false)

  const follow = async (through: Wire, address: string, options: WireOptions): Promise<AnswerHeaders> => {
    const { signal } = options
    const [path, query] = address.split('?')
    const asked = readFeedQuery(new URLSearchParams(query))
    const lock = `${name} ${queryText({ state: asked.state, kinds: asked.kinds })}`
    const own = (request = new SharedRequest({ through, wire, post, isStream: path === 'feed', asked, options, onHeard }))
    open(lock)

    const stand = async (wish: { readonly signal: AbortSignal } | { readonly steal: true }): Promise<void> => {
      try {
        await locks.request(lock, wish, () => {
          isSilent = false
          return own.lead()
        })
      } catch (error) {
        if (own.isLeading) own.tellFailure(error as Error)
        // Locks are not to be had here: each tab for itself.
        else if (!signal.aborted) return own.lead().catch((reason: unknown) => own.fail(reason))
        own.fail(error)
      }
    }

    const steal = (): void => {
      if (isSilent && !own.isLeading && !signal.aborted) void stand({ steal: true })
    }

    signal.addEventListener('abort', () => {
      isSilent ||= !own.isLeading && (signal.reason as { readonly code?: unknown }).code === 'UNREACHABLE'
    })
    if (isSilent) clock.after(random() * mostStealMs, steal)
    // What was posted while nobody asked here.
    if (path === 'changes' && latest !== '') own.take([latest, latest, ''])
    void stand({ signal })
    post('')
    try {
      return await own.answer
    } finally {
      if (request === own) request = undefined
    }
  }

  return {
    share: (through) => (address, options, body) =>
      /^feed|^changes(?!.*waitMs=0)/.test(address) ? follow(through, address, options) : through(address, options, body),
    onLive(callback, signal) {
      hope = callback
      signal.addEventListener('abort', () => {
        channel?.close()
        channel = undefined
      })
    },
  }
}
