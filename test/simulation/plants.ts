/** Bugs, planted where client and server have their seams, that the simulation has to find. Each is gone again when it is disposed of. */
import { HeldState } from '../../src/client/sync/held-state.ts'
import type { Wire } from '../../src/client/sync/wire.ts'
import { epochOf, revisionOf } from '../../src/protocol/commit-text.ts'
import { SnapshotReader } from '../../src/protocol/snapshot-text.ts'
import { EncodedFeed } from '../../src/server/encoded-feed.ts'
import type { WrapWire } from './observed-client.ts'

export interface Plant extends Disposable {
  readonly wrapWire?: WrapWire
}

/** A client that resumes from the place before its last commit, and applies whatever comes. */
export function plantDuplicates(): Plant {
  const places = new WeakMap<object, string>()
  const restore = replace(HeldState.prototype, 'apply', (apply) => {
    return function applyAgain(this: HeldState, commit) {
      const { data } = this
      const last = data && places.get(data)
      const isAgain = data !== undefined && epochOf(commit.cursor) === data.epoch && revisionOf(commit.cursor) <= data.revision
      if (isAgain && last !== undefined && revisionOf(last) < revisionOf(commit.cursor)) data.move(last)
      if (data !== undefined) places.set(data, data.cursor)
      return apply.call(this, commit)
    }
  })
  const wrapWire: WrapWire = (wire, before): Wire => ({
    snapshot: (request, options) => wire.snapshot(request, options),
    feed: (request, options) => wire.feed({ ...request, after: before() ?? request.after }, options),
    changes: (request, options) => wire.changes(request, options),
    call: (name, body, options) => wire.call(name, body, options),
    page: (kind, query, options) => wire.page(kind, query, options),
    detail: (kind, key, options) => wire.detail(kind, key, options),
  })
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

/** A client that takes a snapshot for whole wherever it ends. */
export function plantHalfSnapshot(): Plant {
  const whole = Object.getOwnPropertyDescriptor(SnapshotReader.prototype, 'isWhole') as PropertyDescriptor
  Object.defineProperty(SnapshotReader.prototype, 'isWhole', { configurable: true, get: () => true })
  return { [Symbol.dispose]: () => void Object.defineProperty(SnapshotReader.prototype, 'isWhole', whole) }
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
