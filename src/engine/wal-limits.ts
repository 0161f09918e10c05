/** Sizes of the write-ahead log at which something is done about it (rule D2), bytes. */
export interface WalLimits {
  /** Written, by estimate, since the size was last measured: it is measured again. */
  readonly measureBytes: number
  /** Written, by estimate, since the last checkpoint: PASSIVE, beside the writers. */
  readonly passiveBytes: number
  /** Writers pause until all of it is copied and it starts again from its beginning. */
  readonly restartBytes: number
  /** Writers stay paused while a reader is in the way of that, for some seconds at most. A file that has become as long is cut. */
  readonly holdBytes: number
  /** Commits are refused. */
  readonly refuseBytes: number
}

const mebibyte = 1024 * 1024

export const walLimits: WalLimits = Object.freeze({
  measureBytes: 2 * mebibyte,
  passiveBytes: 8 * mebibyte,
  restartBytes: 32 * mebibyte,
  holdBytes: 64 * mebibyte,
  refuseBytes: 128 * mebibyte,
})
