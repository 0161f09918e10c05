/** A replica whose server is a pair of replies. */
import { connect } from '../../src/client.ts'
import { encodeCommit } from '../../src/protocol/commit-text.ts'
import { endLine, headerLine, kindLine } from '../../src/protocol/snapshot-text.ts'
import type { StateDefinition } from '../../src/state/define-state.ts'
import { describeKind } from '../../src/state/description.ts'
import { hostsKind } from '../workload/bench-state.ts'
import { createHost } from '../workload/hosts.ts'

type HostsState = StateDefinition<{ readonly hosts: typeof hostsKind }>

export interface ClientPage {
  readonly replica: ReturnType<typeof connect<HostsState>>
  /** Resolves once it follows. */
  readonly live: Promise<void>
  /** Sends text of the feed. */
  send(text: string): void
}

export function cursorAt(revision: number): string {
  return `AAAAAAAA.${revision.toString(36)}.c0ffee_1`
}

/** A snapshot of so many hosts, as it travels; its revision is their number. */
export function snapshotBytes(records: number): Uint8Array<ArrayBuffer> {
  const header = { holdfast: 1, state: { name: 'bench', version: 1 }, cursor: cursorAt(records), kinds: { hosts: describeKind(hostsKind) } }
  const lines = Array.from({ length: records }, (_, n) => {
    const host = createHost(n)
    return `${JSON.stringify([host.address, n + 1, 1_790_000_000_000, host])}\n`
  })
  return new TextEncoder().encode(headerLine(header) + kindLine('hosts', records) + lines.join('') + endLine(records))
}

/** The text of a commit that puts another version of one host. */
export function commitText(number: number, version: number): string {
  const host = createHost(number, version)
  return encodeCommit({
    at: 1,
    actor: undefined,
    label: undefined,
    changes: [{ kind: 'hosts', op: 'put', key: host.address, value: host }],
  })
}

export function openPage(snapshot: Uint8Array<ArrayBuffer>): ClientPage {
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined
  const answer = (url: string): Response => {
    if (url.includes('/snapshot')) return new Response(snapshot)
    const body = new ReadableStream<Uint8Array>({ start: (controller) => (feed = controller) })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  const replica = connect<HostsState>({ url: '/state', fetch: async (url) => answer(String(url)), transport: 'sse' })
  const live = new Promise<void>((resolve) => replica.onStatus(({ state }) => state === 'live' && resolve()))
  return { replica, live, send: (text) => feed?.enqueue(new TextEncoder().encode(text)) }
}
