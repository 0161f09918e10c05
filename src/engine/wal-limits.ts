/** Sizes of the write-ahead log at which something is done about it (rule D2), bytes. */
export interface WalLimits {
  /** Written, by estimate, since the size was last measured: it is measured again. */
  readonly measureBytes: number
  /** Written, by estimate, since the last checkpoint: PASSIVE, beside the writers. */
  readonly passiveBytes: number
  /** Writers pause for a TRUNCATE. */
  readonly truncateBytes: number
  /** Writers stay paused while a reader is in the way of it, for some seconds at most. */
  readonly holdBytes: number
  /** Commits are refused. */
  readonly refuseBytes: number
}

const mebibyte = 1024 * 1024

export const walLimits: WalLimits = Object.freeze({
  measureBytes: 2 * mebibyte,
  passiveBytes: 8 * mebibyte,
  truncateBytes: 32 * mebibyte,
  holdBytes: 64 * mebibyte,
  refuseBytes: 128 * mebibyte,
})
