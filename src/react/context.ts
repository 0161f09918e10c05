/** Handing a replica down to the components that use it. */
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react'
import type { CallableAction, Replica, ReplicaMethods } from '../client/replica.ts'
import { ReplicaError } from '../client/replica-error.ts'
import type { StateDefinition } from '../state/define-state.ts'

export interface HoldfastProviderProps<Provided> {
  /** One that the page made with `connect`, once; the provider neither makes nor closes it. */
  readonly replica: Provided
  readonly children?: ReactNode
}

/** A provider and the hook that goes with it. */
export interface HoldfastContext<Provided> {
  readonly HoldfastProvider: (props: HoldfastProviderProps<Provided>) => ReactElement
  /** The replica of the nearest provider. @throws ReplicaError REPLICA_MISSING */
  readonly useReplica: () => Provided
}

/**
 * A provider and `useReplica` that know the types of a state and its actions; name these once, in a file that components import from. One
 * for each replica, where a page has several.
 */
export function createHoldfastContext<State extends StateDefinition, Actions = Record<string, CallableAction>>(): HoldfastContext<
  Replica<State, Actions>
> {
  const Context = createContext<Replica<State, Actions> | undefined>(undefined)
  return {
    HoldfastProvider: ({ replica, children }) => createElement(Context.Provider, { value: replica }, children),
    useReplica() {
      const replica = useContext(Context)
      if (replica) return replica
      throw new ReplicaError('REPLICA_MISSING', 'No replica is provided here. Render it inside a HoldfastProvider.')
    },
  }
}

/** Any replica, whatever its state and actions. */
type AnyReplica = ReplicaMethods<unknown>

const untyped = createHoldfastContext() as unknown as HoldfastContext<AnyReplica>

/** Hands a replica down to all components inside. */
export function HoldfastProvider(props: HoldfastProviderProps<AnyReplica>): ReactElement {
  return untyped.HoldfastProvider(props)
}

/**
 * The replica of the nearest `HoldfastProvider`, taken to be of the type that is named: `useReplica<Replica<typeof lan>>()`. The hook of
 * `createHoldfastContext` knows it by itself.
 *
 * @throws ReplicaError REPLICA_MISSING
 */
export function useReplica<Provided extends AnyReplica>(): Provided {
  return untyped.useReplica() as Provided
}
