/**
 * The independent verifier: takes a store as its file has it and says what is wrong (oracles O2, O3, O7).
 *
 * It folds the history over what it knew of the store at the last verification. Where pruning has gone past that point, the
 * rows that are older than the horizon are believed by their checksums (promise P6), and the fold goes on from them.
 */
import { checkCommits, checkRequests } from './check-commits.ts'
import { chainAfter, checkHistory, headOf, type HistoryPoint, horizonOf } from './check-history.ts'
import { checkRows, compareRows } from './check-rows.ts'
import { Fold, type Folded, type FoldState, hashOf } from './fold.ts'
import type { RawCommit, RawStore } from './raw-store.ts'

/** A store at a revision, as verified. */
export interface Known extends HistoryPoint {
  readonly state: FoldState
}

export interface Verdict {
  readonly problems: readonly string[]
  readonly known: Known
  /** Everything was folded from what was known; false where pruning had overtaken it. */
  readonly isFolded: boolean
}

/** @param before the last verdict's `known`; undefined at the first one. It is used up. */
export function verifyStore(store: RawStore, before: Known | undefined): Verdict {
  const horizon = horizonOf(store)
  const head = headOf(store)
  const commits = new Map(store.commits.map((commit) => [commit.revision, commit]))
  const base = chooseBase(store, horizon, before)
  const fold = new Fold(base.state, store.kinds, base.isPartial)
  const added = store.commits.filter(({ revision }) => revision > base.revision)
  for (const commit of added) fold.apply(commit)
  const problems = [
    ...store.structure,
    ...(head.revision < (before?.revision ?? 0) ? [`the history went back from revision ${before?.revision} to ${head.revision}`] : []),
    ...checkHistory(store),
    ...(base.isPartial ? [] : checkContinuity(commits, base)),
    ...checkCommits(store, base.revision),
    ...checkRequests(store),
    ...fold.problems,
    ...store.kinds.flatMap((kind) => [
      ...checkRows(kind, commits),
      ...compareRows(kind, fold.state.get(kind.id) ?? new Map<string, Folded>()),
    ]),
  ]
  return { problems, known: { ...head, state: fold.state }, isFolded: !base.isPartial }
}

interface Base extends Known {
  readonly isPartial: boolean
}

/** Where the fold begins: where the last one ended, at the empty store, or at the horizon with the rows that are older. */
function chooseBase(store: RawStore, horizon: HistoryPoint, before: Known | undefined): Base {
  if (before !== undefined && isReachable(store, horizon, before)) return { ...before, isPartial: false }
  if (horizon.revision === 0) return { ...horizon, state: new Map(), isPartial: false }
  const state: FoldState = new Map()
  for (const { id, rows } of store.kinds) {
    const old = rows.filter(({ revision }) => revision <= horizon.revision)
    state.set(id, new Map(old.map((row) => [row.key, { ...row, hash: hashOf(row.text) }])))
  }
  return { ...horizon, state, isPartial: true }
}

/** Every commit since is there; that of a migration stands on the horizon itself. */
function isReachable({ commits }: RawStore, horizon: HistoryPoint, { revision }: Known): boolean {
  return horizon.revision <= revision || (horizon.revision === revision + 1 && commits[0]?.revision === horizon.revision)
}

/** The history that was known is still part of this one. */
function checkContinuity(commits: ReadonlyMap<number, RawCommit>, { revision, chain }: Base): string[] {
  const same = commits.get(revision)
  if (same !== undefined && same.chain !== chain) return [`revision ${revision} is not the commit it was at the last verification`]
  const next = commits.get(revision + 1)
  if (next !== undefined && next.chain !== chainAfter(chain, next)) return [`revision ${revision + 1} does not follow what was known`]
  return []
}
