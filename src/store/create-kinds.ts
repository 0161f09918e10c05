/** Puts the declared kinds to work, and builds the `tx` of commits from them. */
import { sizedArray } from '../base/sized-array.ts'
import type { CommitContext } from '../engine/commit/commit-context.ts'
import type { KindRuntime, KindServices, StoredKind } from '../engine/kind-runtime.ts'
import { ArtifactsRuntime } from '../kinds/artifacts/runtime.ts'
import { firstLocalId } from '../engine/records/local-table.ts'
import { CollectionRuntime } from '../kinds/collection/runtime.ts'
import { DocumentRuntime } from '../kinds/document/runtime.ts'
import { JobsRuntime } from '../kinds/jobs/runtime.ts'
import { LogRuntime } from '../kinds/log/runtime.ts'
import { SessionsRuntime } from '../kinds/sessions/runtime.ts'
import { SettingsRuntime } from '../kinds/settings/runtime.ts'
import { isOnDisk, type Kind, type Kinds } from '../state/define-state.ts'
import type { GivenByKind } from './bootstrap.ts'

/** What kinds may use, and what the program was started with. */
export interface CreationServices extends KindServices {
  readonly bootstrap: GivenByKind
}

/** Kinds that a read-only store does not have get numbers that no table has. */
const firstMissingId = -1

export function createKinds(kinds: Kinds, stored: ReadonlyMap<string, StoredKind>, services: CreationServices): KindRuntime[] {
  let missing = firstMissingId
  let local = firstLocalId
  const idOf = (name: string, kind: Kind): number => (isOnDisk(kind) ? (stored.get(name)?.id ?? missing--) : local++)
  const made = Object.entries(kinds).map(([name, kind]) => createKind(idOf(name, kind), name, { kind, kinds, services }))
  joinParents(kinds, made)
  return made
}

function joinParents(kinds: Kinds, made: readonly KindRuntime[]): void {
  const byName = new Map(made.map((runtime) => [runtime.name, runtime]))
  for (const [name, kind] of Object.entries(kinds)) {
    if (kind.type !== 'collection' || kind.parent === undefined) continue
    const child = byName.get(name) as CollectionRuntime
    child.joinParents(byName.get(kind.parent.kind) as CollectionRuntime, kind.parent.field)
  }
}

interface KindPlace {
  readonly kind: Kind
  readonly kinds: Kinds
  readonly services: CreationServices
}

function createKind(id: number, name: string, { kind, kinds, services }: KindPlace): KindRuntime {
  switch (kind.type) {
    case 'document':
      return new DocumentRuntime(id, name, kind, services)
    case 'collection':
      return new CollectionRuntime(id, name, kind, services)
    case 'log':
      return new LogRuntime(id, name, kind, services)
    case 'artifacts':
      return new ArtifactsRuntime(id, name, kind, services)
    case 'jobs':
      return new JobsRuntime(id, name, kind, { ...services, log: Object.keys(kinds).find((other) => kinds[other] === kind.log) })
    case 'settings':
      return new SettingsRuntime(id, name, kind, { ...services, given: services.bootstrap.get(name) ?? new Map() })
    case 'sessions':
      return new SessionsRuntime(id, name, kind, services)
  }
}

/** A maker of `tx` objects: one a commit, whose kinds are made when first used. */
export function createTxMaker(kinds: readonly KindRuntime[]): (commit: CommitContext) => object {
  class Transaction {
    readonly #commit: CommitContext
    readonly #made = sizedArray<object | undefined>(kinds.length)

    constructor(commit: CommitContext) {
      this.#commit = commit
    }

    static of(tx: Transaction, at: number, kind: KindRuntime): object {
      return (tx.#made[at] ??= kind.createTx(tx.#commit))
    }
  }
  for (const [at, kind] of kinds.entries()) {
    Object.defineProperty(Transaction.prototype, kind.name, {
      enumerable: true,
      get(this: Transaction): object {
        return Transaction.of(this, at, kind)
      },
    })
  }
  return (commit) => new Transaction(commit)
}
