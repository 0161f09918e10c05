/**
 * Locks of registrations that are held, on `globalThis`, because modules keep no state of their own: a program may let go of its handle and is
 * registered all the same, until it ends.
 */
import type { LifeLock } from '../sqlite/life-lock.ts'

const heldKey: unique symbol = Symbol('holdfast.registrations')

interface Holder {
  [heldKey]?: Set<LifeLock>
}

/** Keeps the connection of a lock from being collected. @returns lets go of it */
export function keepAlive(lock: LifeLock): () => void {
  const held = ((globalThis as Holder)[heldKey] ??= new Set())
  held.add(lock)
  return () => held.delete(lock)
}
