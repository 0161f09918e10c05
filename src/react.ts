/** Holdfast's hooks for React: what a replica holds, in components that render again when it changes. */
export { createHoldfastContext, type HoldfastContext, HoldfastProvider, type HoldfastProviderProps, useReplica } from './react/context.ts'
export { type ActionControls, type ActionState, type CallError, type RunAction, useAction } from './react/use-action.ts'
export { type Answer, useDetail, usePage } from './react/use-answer.ts'
export { type ListOptions, useCollection, useCount, useDocument, useJob, useLog, useRecord, useSetting } from './react/use-held.ts'
export { useReady, useStatus } from './react/use-status.ts'
