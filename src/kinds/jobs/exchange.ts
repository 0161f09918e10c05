/**
 * Where attempts that have ended are handed in, and jobs handed out. What comes to pass in one turn of the event loop is one commit: a
 * worker whose ten jobs end together hands them in and gets the next ten at once.
 *
 *   end, claim ──▶ waiting ──callback of the commit runs──▶ in it ──made──▶ told
 *                                                            └──failed──▶ each of its ends alone, the claims in a commit of their own
 *
 * A commit takes what has come until its callback runs, not until it was queued. Nobody's failure is another's: an end whose lease is
 * lost is passed over, and what fails otherwise is tried alone, by whoever handed it in.
 */
import { isHoldfastError } from '../../base/error.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { Claimant, Claimed, Transitions } from './transitions.ts'
import { isPausedIn } from './pause.ts'
import { JobsTxImpl } from './tx.ts'

/** The whole `tx`, as far as a queue uses it. */
export interface Tx {
  readonly [kind: string]: object & { append?(line: unknown, options: { readonly stream: string }): number }
}

/** Writes how an attempt ended. */
export type WriteEnd = (tx: Tx, transitions: Transitions) => void

interface End {
  readonly write: WriteEnd
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Claim {
  readonly claimant: Claimant
  /** How many jobs it can take, asked inside the commit. */
  readonly free: () => number
  readonly resolve: (claimed: readonly Claimed[]) => void
  readonly reject: (error: unknown) => void
}

export class Exchange {
  readonly #name: string
  readonly #services: KindServices
  #ends: End[] = []
  #claims: Claim[] = []
  #isQueued = false

  constructor(name: string, services: KindServices) {
    this.#name = name
    this.#services = services
  }

  /** Resolves when the end is durable, or is none any more. @returns rejects when the commit failed: then try it alone */
  end(write: WriteEnd): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ends.push({ write, resolve, reject })
      this.#queue()
    })
  }

  /** Claims as many jobs as are free places, of those that may run; none of a paused queue. */
  claim(claimant: Claimant, free: () => number): Promise<readonly Claimed[]> {
    return new Promise((resolve, reject) => {
      this.#claims.push({ claimant, free, resolve, reject })
      this.#queue()
    })
  }

  #queue(): void {
    if (this.#isQueued) return
    this.#isQueued = true
    void this.#commit()
  }

  async #commit(): Promise<void> {
    let ends: readonly End[] = []
    let claims: readonly Claim[] = []
    const take = (): void => {
      ends = this.#ends
      claims = this.#claims
      this.#ends = []
      this.#claims = []
      this.#isQueued = false
    }
    let claimed: readonly (readonly Claimed[])[] = []
    let hasRun = false
    try {
      const write = (tx: Tx): void => {
        hasRun = true
        take()
        claimed = this.#write(tx, ends, claims)
      }
      await this.#services.transact(write, { label: 'work' })
    } catch (error) {
      if (!hasRun) take()
      for (const { reject } of ends) reject(error)
      if (ends.length > 0) this.#claimAgain(claims)
      else for (const { reject } of claims) reject(error)
      return
    }
    for (const [i, { resolve }] of claims.entries()) resolve(claimed[i] ?? [])
    for (const { resolve } of ends) resolve()
  }

  #write(tx: Tx, ends: readonly End[], claims: readonly Claim[]): readonly (readonly Claimed[])[] {
    const transitions = JobsTxImpl.transitionsOf(tx[this.#name] as object)
    for (const { write } of ends) {
      try {
        write(tx, transitions)
      } catch (error) {
        // Thrown before anything of it was written.
        if (!isHoldfastError(error, 'LEASE_LOST')) throw error
      }
    }
    if (claims.length === 0 || isPausedIn(tx, this.#name)) return []
    return claims.map(({ claimant, free }) => transitions.claim(free(), claimant))
  }

  /** What failed may have been an end. */
  #claimAgain(claims: readonly Claim[]): void {
    if (claims.length === 0) return
    this.#claims.unshift(...claims)
    this.#queue()
  }
}
