/** How the page is connected, and the words for it. */
import type { ReplicaStatus } from '../holdfast.ts'
import { formatClock } from '../text/moments.ts'

export interface Connection {
  readonly state: ReplicaStatus['state']
  readonly transport: ReplicaStatus['transport']
  /** Whether there is something to show, be it old. */
  readonly hasData: boolean
  /** When the server was last heard, milliseconds since 1970; undefined while the page is live. */
  readonly heardAt: number | undefined
}

/** What is shown of a status: commits do not change it. */
export function readConnection({ state, transport, revision, lagMs }: ReplicaStatus): Connection {
  return { state, transport, hasData: revision !== undefined, heardAt: state === 'live' ? undefined : Date.now() - lagMs }
}

export interface ConnectionWords {
  readonly tone: 'good' | 'quiet' | 'warn' | 'bad' | 'news'
  readonly label: string
  /** A sentence for those who want to know what it means for what they see; empty when all is well. */
  readonly detail: string
  readonly remedy: 'sign-in' | 'reload' | 'retry' | undefined
}

export function describeConnection({ state, hasData, heardAt }: Connection): ConnectionWords {
  const shown = hasData && heardAt !== undefined ? `As it was at ${formatClock(heardAt)}.` : ''
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

const carriers: ReadonlyMap<Connection['transport'], string> = new Map([
  ['sse', 'by server-sent events'],
  ['websocket', 'by WebSocket'],
  ['long-poll', 'by long polls'],
  ['poll', 'by polls'],
  ['socket.io', 'by Socket.IO'],
  ['shared', 'by another tab'],
])

/** What carries the page, as in `by WebSocket`; empty while nothing has. */
export function nameCarrier({ transport }: Pick<Connection, 'transport'>): string {
  return carriers.get(transport) ?? ''
}
