/** How a frame is drawn. */
import type { styleText } from 'node:util'
import type { Worker } from '../state.ts'

/** Colours text, or not; with the first two parameters of `styleText`. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

export interface FrameOptions {
  readonly width: number
  /** Lines the frame should keep to; lists are shortened for it. */
  readonly height: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** Where the store is. */
  readonly directory: string
  readonly paint: Paint
  /** Whether somebody is at work on a job that is said to be running, and had its last news so long ago. */
  isAtWork(worker: Worker | undefined, quietMs: number): boolean
}
