/** `holdfast/client/tabs`: one connection for all tabs of an origin. */
import type { ReplicaSeams } from '../create-replica.ts'
import { SharedFeed } from './shared-feed.ts'
import type { Locks, TabChannel } from './tab-channel.ts'

/** What it takes of a page. */
interface Page {
  readonly navigator?: { readonly locks?: Locks }
  readonly BroadcastChannel?: new (name: string) => TabChannel
}

/**
 * For the option `through` of `connect`: tabs of one origin that ask the same server for the same have one connection together, of which one
 * passes on to the others what it gets. When it is closed, crashes or hangs, another one takes its place.
 *
 * All of them must be allowed to see the same, as those are that speak by one cookie. Where there are no locks (a plain address of the local
 * network is no place for them), each tab has its own connection.
 */
export function tabs(url: string, seams: ReplicaSeams): ReplicaSeams {
  const { navigator, BroadcastChannel: Channel } = globalThis as unknown as Page
  const locks = navigator?.locks
  if (!locks || !Channel) return seams
  const name = `holdfast 1 ${new Request(url).url}`
  const feed = new SharedFeed({ ...seams, name, locks, openChannel: (lock) => new Channel(lock) })
  return {
    ...seams,
    wire: feed.share(seams.wire),
    socket: feed.share(seams.socket),
    onOnline(callback, signal) {
      seams.onOnline(callback, signal)
      feed.onLive(callback, signal)
    },
  }
}
