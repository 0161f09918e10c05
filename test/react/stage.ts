/** What the page does when a test says so. */
export interface Stage {
  /** Puts a case on the page, alone. Returns the HTML it begins with. */
  mount(name: string, how?: Staging): string
  unmount(): void
  /** Resolves once the replica shows a commit, and React has rendered it. */
  settled(cursor: string): Promise<void>
  /** Gives an early replica its answers. */
  letThrough(): void
  /** Does what the case offers to do. */
  act(...args: unknown[]): void
  /** What the case has noted since it is on the page. */
  noted(): readonly unknown[]
  /** How many results, different by identity, were read, by what was read. */
  results(): Record<string, number>
  /** How often each probe rendered since this was asked last. */
  takeRenders(): Record<string, number>
  /** Subscriptions to the replica by the case: those that are there, and all that were. */
  subscriptions(): { readonly open: number; readonly total: number }
}

export interface Staging {
  readonly isStrict?: boolean
  /** With a replica that gets its answers when a test lets them through. */
  readonly isEarly?: boolean
  /** On HTML that a server made. */
  readonly isHydrated?: boolean
}
