/** What a writer is told by its harness. */
import type { DriverName, Durability } from '../../src/index.ts'

/** Bugs that a writer plants on itself; each must be noticed. */
export const writerPlants = ['acknowledge-before-promise', 'write-past-history', 'split-commit', 'run-id-twice'] as const
export type WriterPlant = (typeof writerPlants)[number]

/** Bugs of the engine that its seams can plant. */
export const enginePlants = ['acknowledge-before-sync', 'publish-before-sync'] as const
export type EnginePlant = (typeof enginePlants)[number]

export interface WriterSetup {
  readonly directory: string
  readonly driver: DriverName
  /** Name of the writer, its actor; `life` counts its starts. */
  readonly writer: string
  readonly life: number
  readonly seed: string
  /** Version of the state it declares. */
  readonly version: number
  /** Commits its history keeps. */
  readonly minCommits: number
  /** What a commit asks for: one of these, by chance. */
  readonly durabilities: readonly Durability[]
  /** Commits under way at once. */
  readonly loops: number
  /** Longest pause of a loop between two commits, ms; 0 for none. */
  readonly pauseMs: number
  /** Records to begin with, so that a migration has work. */
  readonly bulk: number
  /** Ids of earlier lives whose commits are in doubt; asked for again first. */
  readonly doubts: readonly string[]
  /** Another boot than the machine's. */
  readonly bootId?: string
  /** Reports what a follower in the same process sees. */
  readonly follow: boolean
  readonly plant?: WriterPlant | EnginePlant
}
