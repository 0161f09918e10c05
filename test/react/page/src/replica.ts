/** The one replica of the page, and a way to see who subscribes to it. */
import { connect, type Replica, type Subscribable } from '../../../../src/client.ts'
import { createHoldfastContext } from '../../../../src/react.ts'
import type { actions, lan } from '../../lan.ts'

export type LanReplica = Replica<typeof lan, typeof actions>

export const { HoldfastProvider, useReplica } = createHoldfastContext<typeof lan, typeof actions>()

export const replica: LanReplica = connect<typeof lan, typeof actions>({ url: '/state' })

export interface Watched {
  readonly replica: LanReplica
  /** Subscriptions that are there now. */
  readonly open: () => number
  /** Subscriptions that there ever were. */
  readonly total: () => number
}

/** The same replica, with its subscriptions counted. */
export function watch(given: LanReplica): Watched {
  let open = 0
  let total = 0
  const counted =
    <Callback>(subscribe: (callback: Callback) => () => void) =>
    (callback: Callback) => {
      open += 1
      total += 1
      const unsubscribe = subscribe(callback)
      return () => {
        open -= 1
        unsubscribe()
      }
    }
  const handles = new Map<string | symbol, unknown>([['onStatus', counted(given.onStatus)]])
  const find = (name: string | symbol): unknown => {
    const found: unknown = Reflect.get(given, name)
    if (typeof found !== 'object' || found === null || !('subscribe' in found)) return found
    return Object.create(found, { subscribe: { value: counted((found as Subscribable).subscribe) } })
  }
  const get = (_: object, name: string | symbol): unknown => {
    if (name === 'status') return given.status
    if (!handles.has(name)) handles.set(name, find(name))
    return handles.get(name)
  }
  return { replica: new Proxy({}, { get }) as LanReplica, open: () => open, total: () => total }
}
