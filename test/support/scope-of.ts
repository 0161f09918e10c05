import { createScope, type Scope } from '../../src/server/views/scope.ts'
import { wholeView } from '../../src/server/views/view.ts'
import { StoreHandle } from '../../src/store/store-handle.ts'
import type { StateDefinition } from '../../src/state/define-state.ts'

/** Kinds of a store as its owner follows them. */
export function scopeOf(store: { readonly state: StateDefinition }, kinds: readonly string[]): Scope {
  const serving = StoreHandle.serving(store)
  if (serving === undefined) throw new TypeError('Expected an open store')
  return createScope(store as never, serving, wholeView(kinds), kinds)
}
