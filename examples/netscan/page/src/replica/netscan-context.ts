/** The replica of this page, by the types of what it holds and of what can be asked for. */
import type { actions } from '../../../actions.ts'
import type { netscan } from '../../../state.ts'
import { createHoldfastContext } from '../holdfast.ts'

export const { HoldfastProvider, useReplica } = createHoldfastContext<typeof netscan, typeof actions>()
