/** What a session is told by its harness. */
export interface ArtifactSessionSetup {
  readonly directory: string
  /** Of the process: it replaces and deletes only what was put under this name, in this life or an earlier one. */
  readonly name: string
  readonly seed: string
  /** The same few steps each time, or one after the other by chance until it is killed. */
  readonly work: 'steps' | 'chance'
  /** A bug: syncs of files do nothing. */
  readonly isUnsynced?: boolean
}
