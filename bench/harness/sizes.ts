/** How large the benchmarks are. Names of figures stay the same; only `full` is what they say. */
export interface Sizes {
  /** Counted rounds of each contender; those that warm up come before. */
  readonly rounds: number
  /** Awaited commits, one after the other, a round. */
  readonly sequential: number
  readonly sequentialPower: number
  readonly writers: number
  /** Commits of each writer a round. */
  readonly perWriter: number
  readonly pointReads: number
  readonly pages: number
  /** Records of the store that snapshots and reads are taken from. */
  readonly records: number
  /** Records of the smaller and of the larger store, where size should not matter. */
  readonly few: number
  readonly many: number
  readonly missed: number
  readonly backfill: number
  readonly historyRows: number
  readonly openings: number
  readonly saturatedMs: number
  /** How many processes saturate a store, run by run. */
  readonly saturating: readonly number[]
  readonly loadedMs: number
  readonly wakes: number
  readonly idleMs: number
  /** Processes of each sort that idle; their median counts. */
  readonly idleProcesses: number
  /** Clients that follow at once, and what they are sent. */
  readonly clients: number
  readonly fanoutRounds: number
  readonly fanoutCommits: number
  readonly steadyMs: number
  /** Connections of a wave, where their memory is measured. */
  readonly connections: number
  readonly memoryRounds: number
  /** Has servers of their own for the memory since the start; where not, those are looked at whose space for young objects is held small. */
  readonly isColdApart: boolean
  /** Commits that are timed from their acknowledgement to a replica. */
  readonly acks: number
  /** The same beside clients that read nothing. */
  readonly pausedCommits: number
  readonly pausedRounds: number
  /** Commits of half a MiB by which those clients are filled. */
  readonly fillingCommits: number
  /** Clients that hydrate at once. */
  readonly stormClients: number
  readonly stormRounds: number
  /** Bytes of an artifact. */
  readonly artifactBytes: number
  /** Measures memory of the package as it is shipped; from source, Node's type stripping counts in. */
  readonly isBuilt: boolean
}

export type SizeName = 'full' | 'quick' | 'tiny'

export const sizes: { readonly [Name in SizeName]: Sizes } = Object.freeze({
  full: {
    rounds: 11,
    sequential: 2000,
    sequentialPower: 300,
    writers: 1000,
    perWriter: 20,
    pointReads: 8000,
    pages: 50,
    records: 100_000,
    few: 1000,
    many: 1_000_000,
    missed: 1000,
    backfill: 100_000,
    historyRows: 10_000_000,
    openings: 11,
    saturatedMs: 60_000,
    saturating: [1, 4],
    loadedMs: 10_000,
    wakes: 1000,
    idleMs: 10_000,
    idleProcesses: 3,
    clients: 1000,
    fanoutRounds: 5,
    fanoutCommits: 1000,
    steadyMs: 5000,
    connections: 2000,
    memoryRounds: 5,
    isColdApart: true,
    acks: 1000,
    pausedCommits: 200,
    pausedRounds: 5,
    fillingCommits: 32,
    stormClients: 1000,
    stormRounds: 3,
    artifactBytes: 64 * 1024 * 1024,
    isBuilt: true,
  },
  quick: {
    rounds: 5,
    sequential: 1000,
    sequentialPower: 100,
    writers: 1000,
    perWriter: 5,
    pointReads: 8000,
    pages: 50,
    records: 100_000,
    few: 1000,
    many: 100_000,
    missed: 1000,
    backfill: 20_000,
    historyRows: 500_000,
    openings: 5,
    saturatedMs: 5000,
    saturating: [1, 4],
    loadedMs: 3000,
    wakes: 200,
    idleMs: 3000,
    idleProcesses: 3,
    clients: 1000,
    fanoutRounds: 2,
    fanoutCommits: 500,
    steadyMs: 2000,
    connections: 2000,
    memoryRounds: 3,
    isColdApart: true,
    acks: 300,
    pausedCommits: 100,
    pausedRounds: 3,
    fillingCommits: 32,
    stormClients: 1000,
    stormRounds: 1,
    artifactBytes: 64 * 1024 * 1024,
    isBuilt: true,
  },
  // Shows that every benchmark runs; its figures mean nothing.
  tiny: {
    rounds: 1,
    sequential: 10,
    sequentialPower: 3,
    writers: 10,
    perWriter: 2,
    pointReads: 20,
    pages: 3,
    records: 200,
    few: 20,
    many: 100,
    missed: 10,
    backfill: 50,
    historyRows: 1000,
    openings: 1,
    saturatedMs: 50,
    saturating: [1],
    loadedMs: 40,
    wakes: 3,
    idleMs: 20,
    idleProcesses: 1,
    clients: 3,
    fanoutRounds: 1,
    fanoutCommits: 5,
    steadyMs: 50,
    connections: 3,
    memoryRounds: 1,
    isColdApart: false,
    acks: 3,
    pausedCommits: 3,
    pausedRounds: 1,
    fillingCommits: 1,
    stormClients: 3,
    stormRounds: 1,
    artifactBytes: 64 * 1024,
    isBuilt: false,
  },
})
