/** The store under test, with what a user of it would hold on to: a live follower, watchers, cursors, objects read before. */
import { expect } from 'vitest'
import { type Commit, openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { codeOf } from '../support/outcome.ts'
import type { Model, ModelCommit, ModelOutcome } from './model.ts'
import { modelState } from './state.ts'
import { type Plan, type StepTx, takeSteps } from './steps.ts'
import type { Tally } from './tally.ts'

export type ModelStore = Store<typeof modelState>

/** Commits that pruning keeps. */
export const keptCommits = 6

export class Real {
  readonly tally: Tally
  readonly options: StoreOptions
  /** Cursors seen, with their revisions. */
  readonly cursors: { readonly revision: number; readonly cursor: string }[] = []
  /** What reads have given for each record, at each revision. */
  readonly #objects = new Map<string, unknown>()
  #store: ModelStore
  #live!: Live

  static async open(options: StoreOptions, model: Model, tally: Tally): Promise<Real> {
    const real = new Real(await openModel(options), options, tally)
    await real.#begin(model)
    return real
  }

  private constructor(store: ModelStore, options: StoreOptions, tally: Tally) {
    this.#store = store
    this.options = options
    this.tally = tally
    this.#follow()
  }

  get store(): ModelStore {
    return this.#store
  }

  commit({ steps, options }: Plan): Promise<ModelOutcome> {
    return this.#store
      .commit((tx) => takeSteps(tx as unknown as StepTx, steps, codeOf), options)
      .then(
        ({ revision, changed, value }) => ({ revision, changed, value }),
        (error: unknown) => ({ code: codeOf(error) }),
      )
  }

  /** A record that has not changed is the same object whenever and however it is read (rule R2). */
  expectSameObject(name: string, value: unknown): void {
    if (this.#objects.has(name)) expect(value).toBe(this.#objects.get(name))
    else this.#objects.set(name, value)
  }

  /** Waits until the live follower and the watcher have heard of everything, and compares what they heard. */
  async catchUp(model: Model): Promise<void> {
    await this.#live.reached(model.revision)
    const followed = model.history.filter(({ revision }) => revision > this.#live.after)
    expect(this.#live.commits.map(toModelCommit)).toEqual(followed)
    const watched = followed.filter(({ changes }) => changes['items'] !== undefined)
    expect(this.#live.watched).toEqual(watched.map(({ revision, changes }) => ({ revision, changes: changes['items'] })))
  }

  async reopen(model: Model): Promise<void> {
    await this.catchUp(model)
    await this.close()
    this.#objects.clear()
    this.#store = await openModel(this.options)
    this.#follow()
    await this.#begin(model)
  }

  async close(): Promise<void> {
    await this.#store.close()
    await this.#live.ended
  }

  /** The first commit of an open store lets it prune; that is over before anything is compared. */
  async #begin(model: Model): Promise<void> {
    const first: Plan = { steps: [{ do: 'append', stream: '', value: 'opened', isCaught: false }], options: {} }
    expect(await this.commit(first)).toEqual(model.commit(first))
    await this.#store.prune()
    model.prune(this.#store.health().horizon)
    this.cursors.push({ revision: model.revision, cursor: this.#store.cursor })
  }

  #follow(): void {
    this.#live = new Live(this.#store)
  }
}

function openModel(options: StoreOptions): Promise<ModelStore> {
  const report = (event: { readonly message: string }): never => expect.fail(`unexpected report: ${event.message}`)
  return openStore(modelState, { history: { maxAgeMs: 0, maxBytes: 0, minCommits: keptCommits }, report, ...options })
}

/** Follows a store from where it is, for as long as it is open. */
class Live {
  readonly after: number
  readonly commits: Commit[] = []
  readonly watched: { readonly revision: number; readonly changes: readonly object[] }[] = []
  readonly ended: Promise<void>
  #revision: number
  #wake: () => void = () => undefined

  constructor(store: ModelStore) {
    this.after = store.health().published
    this.#revision = this.after
    store.items.watch((changes, { revision }) => {
      this.watched.push({ revision, changes })
      this.#wake()
    })
    this.ended = this.#follow(store, store.cursor)
  }

  async reached(revision: number): Promise<void> {
    const lastWatched = (): number => this.commits.findLast(({ changes }) => changes.some(({ kind }) => kind === 'items'))?.revision ?? 0
    while (this.#revision < revision || (this.watched.at(-1)?.revision ?? 0) < lastWatched()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async #follow(store: ModelStore, after: string): Promise<void> {
    for await (const commit of store.follow({ after })) {
      this.#revision = commit.revision
      this.commits.push(commit)
      this.#wake()
    }
  }
}

/** A commit as the model has it: changes by kind. */
export function toModelCommit({ revision, actor, label, changes }: Commit): ModelCommit {
  const byKind: { [kind: string]: object[] } = {}
  for (const change of changes) (byKind[change.kind] ??= []).push(change)
  return { revision, actor, label, changes: byKind }
}
