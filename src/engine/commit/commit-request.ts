/** One call of `store.commit`, from its queueing to its outcome. */
import { HoldfastError } from '../../base/error.ts'
import { misuse } from '../../base/misuse.ts'
import { checkOptions, oneOf, type OptionRule } from '../../base/options.ts'
import { type Durability, durabilities } from '../../state/durability.ts'
import { keyTextProblem, maxKeyLength } from '../../state/value.ts'
import type { CommitContext } from './commit-context.ts'

/** Options of one commit. */
export interface CommitOptions {
  /** What it was for; recorded in the history. */
  readonly label?: string | undefined
  /** On whose behalf; recorded in the history, and the scope of `id`. */
  readonly actor?: string | undefined
  /** Makes the commit run once: the same id again answers with the first outcome. Scoped by actor; kept as long as the history. */
  readonly id?: string | undefined
  /** What kind of request `id` names; the same id for another action is refused. Default `''`. */
  readonly action?: string | undefined
  /** What the acknowledgement survives. The strongest of this and of what the kinds written declare wins. */
  readonly durability?: Durability | undefined
}

/** What a commit came to. */
export interface CommitResult<Value> {
  /** The commit's revision; the newest one when it changed nothing. */
  readonly revision: number
  /** What the callback returned; the first time, when the commit has an id and was done before. */
  readonly value: Value
  /** False when nothing was written, or every value written was there already. */
  readonly changed: boolean
}

/** Texts that SQLite compares and the check of the history covers, so none that would come back as another. */
const recorded: OptionRule = {
  expected: `a well-formed string without NUL, of at most ${maxKeyLength} characters`,
  accepts: (given) => given === '' || keyTextProblem(given) === undefined,
}
const optionRules = { label: recorded, actor: recorded, id: recorded, action: recorded, durability: oneOf(durabilities) }
const none: CommitOptions = Object.freeze({})

export class CommitRequest {
  readonly callback: (tx: never) => unknown
  readonly options: CommitOptions
  /** Clock's elapsed ms when it was queued; the queue notes it. */
  queuedAt = 0
  readonly promise: Promise<CommitResult<unknown>>
  resolve!: (result: CommitResult<unknown>) => void
  reject!: (error: unknown) => void

  /** @param options read now, since the commit runs later; `check` judges what was read */
  constructor(callback: (tx: never) => unknown, options: CommitOptions | undefined) {
    this.callback = callback
    this.options = options === undefined ? none : copy(options)
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  /** Runs what the commit does; answers with its value. */
  perform(context: CommitContext, createTx: (context: CommitContext) => unknown): unknown {
    return this.callback(createTx(context) as never)
  }

  /**
   * @throws TypeError for something that is no callback, an unknown option or a wrong one
   * @throws HoldfastError COMMIT_CALLBACK_ASYNC for an async function
   */
  check(): void {
    if (typeof this.callback !== 'function') throw misuse('callback', 'a function that takes a tx', this.callback)
    checkOptions('commit', this.options, optionRules)
    // It can answer with nothing but a promise. Refused by the call, whose stack leads to whoever made it.
    if (isAsync(this.callback)) throw asynchronous('is async; it was not run', this)
  }
}

/** Inherited options count, as they would for whoever reads them one by one. */
function copy(options: CommitOptions): CommitOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return options
  const copied: { [option: string]: unknown } = {}
  for (const option in options) copied[option] = options[option as keyof CommitOptions]
  return copied
}

/** A callback that returned a promise cannot be a commit: it would go on after its transaction has ended (rule C4). */
export function refuseThenable(value: unknown, request: CommitRequest): void {
  if (typeof value !== 'object' || value === null || typeof (value as PromiseLike<unknown>).then !== 'function') return
  void Promise.resolve(value as PromiseLike<unknown>).catch(() => undefined)
  throw asynchronous('returned a promise; the commit was rolled back', request)
}

function isAsync(callback: object): boolean {
  const tag = (callback as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  return tag === 'AsyncFunction' || tag === 'AsyncGeneratorFunction'
}

function asynchronous(what: string, { callback, options: { label } }: CommitRequest): HoldfastError<'COMMIT_CALLBACK_ASYNC'> {
  const name = callback.name === '' ? '' : ` ${JSON.stringify(callback.name)}`
  const details = label === undefined ? {} : { label }
  return new HoldfastError('COMMIT_CALLBACK_ASYNC', `The callback${name} of a commit ${what}.`, details)
}
