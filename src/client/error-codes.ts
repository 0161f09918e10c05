/**
 * The table of errors that only a replica raises; the others in it have the codes of `base/error-codes.ts`.
 *
 * `docs/errors.md` is generated from it. It is in no bundle: the messages of a replica say what to do themselves.
 */

/** The facts carried by each code, as `error.details`. */
export interface ReplicaErrorDetails {
  // In a replica
  UNREACHABLE: { readonly status: number | undefined }
  ANSWER_INVALID: { readonly reason: string }
  SIGN_IN_NEEDED: Record<never, never>
  SERVER_UNPROVEN: { readonly host: string }
  NOT_SETTLED: { readonly cursor: string; readonly timeoutMs: number }
  REPLICA_CLOSED: Record<never, never>
  REPLICA_MISSING: Record<never, never>
}

/** What to do now, by code. */
export const replicaRemedies: { readonly [Code in keyof ReplicaErrorDetails]: string } = Object.freeze({
  UNREACHABLE: 'See that the server runs and can be reached; a replica, and calls that have had no answer, try again by themselves.',
  ANSWER_INVALID: 'Check the url, and what stands between the page and the server: what came is no answer of Holdfast.',
  SIGN_IN_NEEDED: 'Sign in, or pass the token of the store; then call retry().',
  SERVER_UNPROVEN: 'See which program has the port of the server, and that the token is of this store; it is tried again.',
  NOT_SETTLED: 'Look at the status of the replica: whether it is live, and if not, why.',
  REPLICA_CLOSED: 'Connect again; a closed replica stays closed.',
  REPLICA_MISSING: 'Render the component inside a HoldfastProvider of the context whose useReplica it calls.',
})
