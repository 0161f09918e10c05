/**
 * One engine for each directory open in this thread: opening it again counts. Listed on `globalThis`, next to the list of open
 * files, because modules keep no state of their own.
 */
import { HoldfastError } from '../base/error.ts'
import type { Engine } from '../engine/engine.ts'
import { isSameBootstrap } from './bootstrap.ts'
import type { Opening } from './opening-options.ts'

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
  // Another driver is another SQLite library: opening it is refused by the list of open files (rule D6).
  const key = `${opening.driver} ${identity}`
  let shared = engines.get(key)
  if (shared === undefined) {
    shared = { opening, engine: open(), handles: 0 }
    engines.set(key, shared)
    shared.engine.catch(() => engines.delete(key))
  } else {
    const reason = findDifference(shared.opening, opening)
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
      if (engines.get(key) === mine) engines.delete(key)
      await engine.close()
    },
  }
}

/** What must be the same, each with the name of the option. */
const sharedOptions = {
  readOnly: 'readOnly',
  durability: 'durability',
  deadlineMs: 'commitDeadlineMs',
  maxCommitBytes: 'maxCommitBytes',
} as const

/** What a second open of a directory asks for that the first did not. */
function findDifference(first: Opening, second: Opening): string | undefined {
  if (first.definition !== second.definition) return 'with another definition; both must pass the one object that defineState returned'
  if (!isSameBootstrap(first.bootstrap, second.bootstrap)) return 'with another bootstrap'
  for (const [name, option] of Object.entries(sharedOptions) as [keyof typeof sharedOptions, string][]) {
    const [had, asked] = [first[name], second[name]].map((value) => `${option}: ${JSON.stringify(value)}`)
    if (had !== asked) return `with ${had}, and is asked for with ${asked}`
  }
  return undefined
}

function alreadyOpen(directory: string, reason: string): HoldfastError<'STORE_OPEN'> {
  return new HoldfastError('STORE_OPEN', `${directory} is open already in this thread ${reason}.`, { directory, reason })
}
