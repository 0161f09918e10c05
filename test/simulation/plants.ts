/** Bugs, planted where client and server have their seams, that the simulation has to find. Each is gone again when it is disposed of. */
import { DataSet } from '../../src/client/data/data-set.ts'
import type { AnswerHeaders, Wire, WireOptions } from '../../src/client/sync/wire.ts'
import { epochOf, revisionOf } from '../../src/protocol/commit-text.ts'
import { EncodedFeed } from '../../src/server/encoded-feed.ts'
import { SharedPackets } from '../../src/server/socket-io/packets.ts'
import { SharedFrames } from '../../src/server/web-socket/frames.ts'
import type { WrapWire } from './observed-client.ts'

export interface Plant extends Disposable {
  readonly wrapWire?: WrapWire
}

/** A client that resumes from the place before its last commit, and applies whatever comes. */
export function plantDuplicates(): Plant {
  const restore = replace(DataSet.prototype, 'isBehind', (isBehind) => {
    return function isAlwaysBehind(this: DataSet, cursor) {
      isBehind.call(this, cursor)
      return true
    }
  })
  const wrapWire: WrapWire =
    (wire, before): Wire =>
    (address, options, body) => {
      const [path, query] = address.split('?')
      const parameters = new URLSearchParams(query)
      const place = before()
      if (path !== 'feed' || place === undefined) return wire(address, options, body)
      parameters.set('after', place)
      return wire(`${path}?${parameters.toString()}`, options)
    }
  return { wrapWire, [Symbol.dispose]: restore }
}

/** A server that takes a client for live when it still lacks the last commit. */
export function plantSkippedCommit(): Plant {
  const restore = replace(EncodedFeed.prototype, 'isCurrent', () => {
    return function isNearlyCurrent(this: EncodedFeed, cursor) {
      return epochOf(cursor) === epochOf(this.cursor) && revisionOf(cursor) >= revisionOf(this.cursor) - 1
    }
  })
  return { [Symbol.dispose]: restore }
}

/** A server whose WebSockets are now and then sent the frame before. */
export function plantStaleFrame(): Plant {
  return { [Symbol.dispose]: replace(SharedFrames.prototype, 'of', (of) => keepLast(of)) }
}

/** The same of packets of Socket.IO. */
export function plantStalePacket(): Plant {
  return { [Symbol.dispose]: replace(SharedPackets.prototype, 'of', (of) => keepLast(of)) }
}

/** Answers with what it had answered before, each tenth time. */
function keepLast<Owner extends object, Made>(of: (this: Owner, bytes: Uint8Array) => Made): (this: Owner, bytes: Uint8Array) => Made {
  const last = new WeakMap<Owner, Made>()
  let calls = 0
  return function ofEarlier(bytes) {
    calls += 1
    const before = last.get(this)
    const made = of.call(this, bytes)
    last.set(this, made)
    return calls % 10 === 0 ? (before ?? made) : made
  }
}

/** A client that takes a snapshot for whole wherever it ends. */
export function plantHalfSnapshot(): Plant {
  const wrapWire: WrapWire = (wire) => (address, options, body) =>
    address.startsWith('snapshot') ? readAnyEnd(wire, address, options) : wire(address, options, body)
  return { wrapWire, [Symbol.dispose]: () => undefined }
}

/** A snapshot that always has its end mark. */
async function readAnyEnd(wire: Wire, address: string, options: WireOptions): Promise<AnswerHeaders> {
  let items = 0
  let headers: AnswerHeaders = new Headers()
  const onLine = (line: string): void => {
    if (line.startsWith('{"end"')) return
    if (line.startsWith('[')) items += 1
    options.onLine(line)
  }
  try {
    headers = await wire(address, { ...options, onLine })
  } catch {
    // The line broke: the same to such a client.
  }
  options.onLine(`{"end":${items}}`)
  return headers
}

/** Puts another method in place of one; answers with what puts it back. */
function replace<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  make: (original: Target[Name]) => Target[Name] & ThisType<Target>,
): () => void {
  const original = target[name]
  target[name] = make(original)
  return () => void (target[name] = original)
}
