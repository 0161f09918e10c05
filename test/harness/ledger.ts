/**
 * What writers said they asked for and got (oracle O1): acknowledged ⊆ present, present ⊆ asked for, rejected ∩ present = ∅,
 * and nothing twice.
 *
 * Take `mark()` before the store is read: only what was said until then must be in what is read then.
 */
import type { Message } from './pipe.ts'
import { generationOf } from './state.ts'
import { horizonOf } from './verify/check-history.ts'
import type { RawStore } from './verify/raw-store.ts'

/** Codes that a commit may be rejected with and surely has not been made. */
const clearRefusals = new Set(['ABANDONED', 'REVISION_CONFLICT', 'KEY_EXISTS', 'KEY_MISSING', 'UNIQUE_CONFLICT', 'STORE_BUSY'])
const conflicts = new Set(['REVISION_CONFLICT', 'KEY_EXISTS', 'KEY_MISSING', 'UNIQUE_CONFLICT'])

/** How often things happened. */
export interface Counts {
  issued: number
  acknowledged: number
  unchanged: number
  conflicts: number
  abandoned: number
  busy: number
  /** Asked for again by id: answered without running, and run because it had not been made. */
  answered: number
  completed: number
  /** Not known to the writer, and found made or not made. */
  doubtsMade: number
  doubtsNotMade: number
}

export class Ledger {
  readonly counts: Counts = {
    issued: 0,
    acknowledged: 0,
    unchanged: 0,
    conflicts: 0,
    abandoned: 0,
    busy: 0,
    answered: 0,
    completed: 0,
    doubtsMade: 0,
    doubtsNotMade: 0,
  }
  readonly #problems: string[] = []
  /** Labels met at the last comparison. What their writers said of them may have been under way still. */
  readonly #unexplained: string[] = []
  /** Labels without an outcome yet. */
  readonly #open = new Set<string>()
  readonly #issued = new Set<string>()
  readonly #rejected = new Set<string>()
  readonly #unchanged = new Set<string>()
  /** Labels acknowledged, with their revision. */
  readonly #acknowledged = new Map<string, number>()
  /** Acknowledged and not yet looked for. */
  #unproven = new Map<string, number>()
  /** Labels met in the history, with their revision. */
  readonly #met = new Map<string, number>()
  /** Revisions at which migrations forgot all ids. */
  readonly #forgot: number[] = []
  #promisedTo = 0
  /** Ids are remembered for so many commits at least. */
  readonly #remembered: number
  readonly #refusals: ReadonlySet<string>
  /** Labels whose writer died before it knew their outcome; settled at the next comparison. */
  readonly #doubts: string[] = []

  /** @param refusals more codes that say that nothing was done, where the harness makes them happen */
  constructor(remembered: number, refusals: readonly string[] = []) {
    this.#remembered = remembered
    this.#refusals = new Set([...clearRefusals, ...refusals])
  }

  hear(message: Message): void {
    switch (message[0]) {
      case 'issue':
        this.counts.issued += 1
        this.#issued.add(message[1])
        this.#open.add(message[1])
        return
      case 'ack':
        if (message[4] === 'power') this.#promisedTo = Math.max(this.#promisedTo, message[2])
        return this.#acknowledge(message[1], message[2], message[3])
      case 'again':
        if (message[4] === 'power') this.#promisedTo = Math.max(this.#promisedTo, message[2])
        return this.#repeat(message[1], message[2], message[3])
      case 'fail':
        return this.#reject(message[1], message[2])
      case 'trouble':
        this.#problems.push(message[1])
    }
  }

  /** The writer is dead: what is open of its commits is in doubt. @returns the ids among them, for its next life to ask for again */
  bury(writer: string): string[] {
    const doubts = [...this.#open].filter((label) => label.startsWith(`${writer}.`))
    for (const label of doubts) this.#open.delete(label)
    this.#doubts.push(...doubts)
    return doubts.filter((label) => label.endsWith('i'))
  }

  /** What is acknowledged by now; a store read after this must have it. */
  mark(): ReadonlyMap<string, number> {
    const marked = this.#unproven
    this.#unproven = new Map()
    return marked
  }

  /**
   * @param isComplete no commit was pruned since the last comparison without having been met
   * @returns what is wrong, of the messages so far too
   */
  compare(store: RawStore, marked: ReadonlyMap<string, number>, isComplete: boolean): string[] {
    const problems = [...this.#problems.splice(0), ...this.#explain()]
    const horizon = horizonOf(store).revision
    const labels = new Map(store.commits.map(({ revision, label }) => [revision, label]))
    for (const { revision, label } of store.commits) problems.push(...this.#meet(label ?? '', revision))
    for (const [label, revision] of marked) {
      const isGone = revision <= horizon ? isComplete && this.#met.get(label) !== revision : labels.get(revision) !== label
      if (isGone) problems.push(`LOST: ${label} was acknowledged as revision ${revision}, which is ${labels.get(revision) ?? 'not there'}`)
    }
    for (const label of this.#doubts.splice(0)) this.counts[this.#met.has(label) ? 'doubtsMade' : 'doubtsNotMade'] += 1
    return problems
  }

  /** The newest revision acknowledged under `power`, or seen by a commit that was. */
  get promisedTo(): number {
    return this.#promisedTo
  }

  /** Forgets what came after a revision, which a cut has taken. @returns how many acknowledged commits those were */
  rewind(head: number): number {
    let lost = 0
    for (const map of [this.#unproven, this.#acknowledged, this.#met]) {
      for (const [label, revision] of map) {
        if (revision <= head) continue
        map.delete(label)
        if (map === this.#acknowledged) lost += 1
      }
    }
    return lost
  }

  #acknowledge(label: string, revision: number, changed: boolean): void {
    this.#open.delete(label)
    if (!changed) {
      this.counts.unchanged += 1
      this.#unchanged.add(label)
      return
    }
    const before = this.#acknowledged.get(label)
    if (before !== undefined && before !== revision)
      this.#problems.push(`${label} was acknowledged as revision ${before}, then as ${revision}`)
    this.counts.acknowledged += 1
    this.#acknowledged.set(label, revision)
    this.#unproven.set(label, revision)
  }

  #repeat(label: string, revision: number, ran: boolean): void {
    const before = this.#acknowledged.get(label) ?? this.#met.get(label)
    this.counts[ran ? 'completed' : 'answered'] += 1
    this.#open.delete(label)
    if (before === revision) return
    if (before !== undefined && !(ran && this.#isForgotten(before, revision))) {
      this.#problems.push(`the id ${label} was made as revision ${before}, and then again as ${revision}`)
    }
    this.#acknowledged.set(label, revision)
    this.#unproven.set(label, revision)
  }

  #reject(label: string, code: string): void {
    this.#open.delete(label)
    if (!this.#refusals.has(code)) {
      this.#problems.push(`${label} was rejected with ${code}`)
      return
    }
    if (conflicts.has(code)) this.counts.conflicts += 1
    if (code === 'ABANDONED') this.counts.abandoned += 1
    if (code === 'STORE_BUSY') this.counts.busy += 1
    // An id may be asked for twice at once, and be made by the one when the other is refused.
    if (!label.endsWith('i')) this.#rejected.add(label)
  }

  #meet(label: string, revision: number): string[] {
    const met = this.#met.get(label)
    if (met === revision) return []
    if (generationOf(label) !== undefined) {
      this.#forgot.push(revision)
      return []
    }
    this.#met.set(label, revision)
    if (met !== undefined && !this.#isForgotten(met, revision))
      return [`${label} is in the history twice, as revision ${met} and ${revision}`]
    this.#unexplained.push(label)
    return []
  }

  /** What was met at the last comparison must have been asked for, and neither rejected nor without effect: all of that is said by now. */
  #explain(): string[] {
    return this.#unexplained.splice(0).flatMap((label) => {
      const revision = this.#met.get(label)
      if (!this.#issued.has(label)) return [`revision ${revision} is ${label || 'without a label'}, which nobody asked for`]
      if (this.#rejected.has(label)) return [`${label} was rejected, and is in the history as revision ${revision}`]
      if (this.#unchanged.has(label)) return [`${label} was said to change nothing, and is revision ${revision}`]
      return []
    })
  }

  /** The id of a commit may have gone with the history before it was made again. */
  #isForgotten(first: number, second: number): boolean {
    return second - first > this.#remembered || this.#forgot.some((revision) => first <= revision && revision < second)
  }
}
