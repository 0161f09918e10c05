/** How the page is connected, and the words for it. */
import { formatClock } from '../text/moments.ts'
import type { NetscanReplica, Status } from './netscan-replica.ts'
import { createReading, type Reading } from './use-replica.ts'

export interface Connection {
  readonly state: Status['state']
  readonly revision: number | undefined
  /** Whether there is something to show, be it old. */
  readonly hasData: boolean
  /** When it was last live, milliseconds since 1970; undefined as long as it never was. */
  readonly lastLiveAt: number | undefined
}

/** @param now milliseconds since 1970 */
export function readConnection(replica: NetscanReplica, now: () => number): Reading<Connection> {
  let wasLive = replica.status.state === 'live'
  let hasData = wasLive
  let lastLiveAt: number | undefined
  const notice = (): void => {
    const isLive = replica.status.state === 'live'
    if (isLive || wasLive) lastLiveAt = now()
    hasData ||= isLive
    wasLive = isLive
  }
  const whenReady = (renew: () => void): (() => void) => {
    void isSettledWell(replica.ready).then((isSo) => {
      hasData ||= isSo
      renew()
    })
    return () => undefined
  }
  const whenStatusChanges = (renew: () => void): (() => void) =>
    replica.onStatus(() => {
      notice()
      renew()
    })
  const read = (): Connection => {
    const { state, revision } = replica.status
    return { state, revision, hasData, lastLiveAt }
  }
  return createReading(read, [whenReady, whenStatusChanges, (renew) => replica.subscribe(renew)])
}

/** Why it may not be is what the status says. */
async function isSettledWell(ready: Promise<unknown>): Promise<boolean> {
  try {
    await ready
    return true
  } catch {
    return false
  }
}

export interface ConnectionWords {
  readonly tone: 'good' | 'quiet' | 'warn' | 'bad' | 'news'
  readonly label: string
  /** A sentence for those who want to know what it means for what they see; empty when all is well. */
  readonly detail: string
  readonly remedy: 'sign-in' | 'reload' | 'retry' | undefined
}

export function describeConnection({ state, hasData, lastLiveAt }: Connection): ConnectionWords {
  const shown = hasData && lastLiveAt !== undefined ? `As it was at ${formatClock(lastLiveAt)}.` : ''
  switch (state) {
    case 'live':
      return { tone: 'good', label: 'Live', detail: '', remedy: undefined }
    case 'connecting':
    case 'hydrating':
      return { tone: 'quiet', label: state === 'connecting' ? 'Connecting' : 'Loading', detail: shown, remedy: undefined }
    case 'resuming':
      return { tone: 'warn', label: 'Reconnecting', detail: shown, remedy: undefined }
    case 'offline':
      return { tone: 'warn', label: 'Offline', detail: shown, remedy: 'retry' }
    case 'refused':
      return { tone: 'bad', label: 'Signed out', detail: shown, remedy: 'sign-in' }
    case 'outdated':
      return { tone: 'news', label: 'New version', detail: 'netscan was updated.', remedy: 'reload' }
    case 'closed':
      return { tone: 'quiet', label: 'Closed', detail: shown, remedy: 'reload' }
  }
}
