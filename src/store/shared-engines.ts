/**
 * One engine for each directory open in this thread: opening it again counts. Listed on `globalThis`, next to the list of open
 * files, because modules keep no state of their own.
 */
import type { Engine } from '../engine/engine.ts'
import { alreadyOpen, differs, type Opening } from './opening.ts'

interface Shared {
  readonly opening: Opening
  readonly engine: Promise<Engine>
  handles: number
}

/** Engines of this copy of the package only: another copy's have other classes. */
const registry: unique symbol = Symbol('holdfast.engines')

interface Registry {
  [registry]?: Map<string, Shared>
}

export async function shareEngine(
  identity: string,
  opening: Opening,
  open: () => Promise<Engine>,
): Promise<{ readonly engine: Engine; readonly release: () => Promise<void> }> {
  const engines = ((globalThis as Registry)[registry] ??= new Map<string, Shared>())
  let shared = engines.get(identity)
  if (shared === undefined) {
    shared = { opening, engine: open(), handles: 0 }
    engines.set(identity, shared)
    shared.engine.catch(() => engines.delete(identity))
  } else {
    const reason = differs(shared.opening, opening)
    if (reason !== undefined) throw alreadyOpen(opening.directory ?? '', reason)
  }
  const mine = shared
  mine.handles += 1
  const engine = await mine.engine
  return {
    engine,
    release: async () => {
      mine.handles -= 1
      if (mine.handles > 0) return
      if (engines.get(identity) === mine) engines.delete(identity)
      await engine.close()
    },
  }
}
