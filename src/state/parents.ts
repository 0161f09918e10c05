/** Checks what collections declare as their parents, once all kinds are known. */
import { HoldfastError } from '../base/error.ts'
import type { CollectionKind } from './collection-kind.ts'
import type { AnyKind } from './kind.ts'

/** Kinds by name. */
interface Kinds {
  readonly [name: string]: AnyKind
}

/** @throws HoldfastError DEFINITION_INVALID */
export function assertParents(kinds: Kinds): void {
  for (const [name, kind] of Object.entries(kinds)) {
    if (!isCollection(kind) || kind.parent === undefined) continue
    const problem = findProblem(kinds, name, kind)
    if (problem === undefined) continue
    throw new HoldfastError('DEFINITION_INVALID', `The parent of "${name}" ${problem}.`, { what: `kind ${name}` })
  }
}

function findProblem(kinds: Kinds, name: string, child: CollectionKind): string | undefined {
  const { kind: parentName, field } = child.parent as NonNullable<CollectionKind['parent']>
  const parent = Object.hasOwn(kinds, parentName) ? kinds[parentName] : undefined
  if (parent === undefined || !isCollection(parent)) return `is ${JSON.stringify(parentName)}, which is no collection of this state`
  if (isSoft(child) || isSoft(parent))
    return 'and its children must be kept by commits alone, so neither may be of durability memory or delayed'
  if (!Object.values(child.indexes).some(({ fields }) => fields[0] === field)) {
    return `is named by the field "${field}", which is the first of no index; declare one, by which the children of a record are found`
  }
  return leadsBack(kinds, name) ? 'leads back to itself' : undefined
}

function isCollection(kind: AnyKind): kind is CollectionKind {
  return kind.type === 'collection'
}

function isSoft({ durability }: CollectionKind): boolean {
  return durability === 'memory' || durability === 'delayed'
}

function leadsBack(kinds: Kinds, name: string): boolean {
  const seen = new Set<string>()
  for (let at: string | undefined = name; at !== undefined;) {
    if (seen.has(at)) return true
    seen.add(at)
    const kind: AnyKind | undefined = kinds[at]
    at = kind !== undefined && isCollection(kind) ? kind.parent?.kind : undefined
  }
  return false
}
