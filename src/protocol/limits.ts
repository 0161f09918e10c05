/** The protocol's version and its numbers; `docs/protocol.md` says them in prose. */

/** Raised when an older client could misread what a newer server sends. */
export const protocolVersion = 1

/** How often a stream with nothing to say says where it is, ms. */
export const heartbeatMs = 15_000

/** Who heard nothing for so many heartbeats takes the connection for dead. */
export const missedHeartbeats = 2.5

/** That is so long, ms; written out, as a page would carry the multiplication. */
export const silenceMs = 37_500

/** How long a poll may wait for a commit, ms: at most, and when it does not say. */
export const pollWaitMs = { most: 60_000, default: 25_000 } as const

/** Bytes of commits in one answer to a poll, about. */
export const pollBytes: number = 1024 * 1024

/** Bytes of a request's body, at most. */
export const bodyBytes: number = 1024 * 1024
