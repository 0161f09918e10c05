/** Whether a queue gives out jobs: a document beside each queue, in the history and in replicas as any other. */
import { type DocumentKind, document } from './document-kind.ts'
import type { JobsKind } from './jobs-kind.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

export interface QueueState {
  /** Nothing is given to workers, in any process, until the queue is resumed. */
  readonly paused: boolean
}

/** The kinds with a document for each queue among them, named after it. */
export type WithQueues<Declared> = Declared & {
  readonly [Name in keyof Declared & string as Declared[Name] extends JobsKind ? `${Name}Queue` : never]: Declared[Name] extends JobsKind<
    infer _Types,
    infer Feed
  >
    ? DocumentKind<QueueState, QueueState, Feed>
    : never
}

/** Name of the document that says how a queue is. */
export function queueStateName(queue: string): string {
  return `${queue}Queue`
}

/** The document of one queue; its values go where those of the jobs do. */
export function queueStateOf({ feed, durability }: JobsKind): DocumentKind {
  return document(schema, durability === undefined ? { feed } : { feed, durability })
}

function validate(value: unknown): StandardSchemaV1.Result<QueueState> {
  const paused = typeof value === 'object' && value !== null ? (value as Partial<QueueState>).paused : undefined
  if (typeof paused === 'boolean') return { value: { paused } }
  return { issues: [{ message: 'Expected a boolean', path: ['paused'] }] }
}

const schema: StandardSchemaV1<QueueState> = Object.freeze({
  '~standard': Object.freeze({ version: 1 as const, vendor: 'holdfast', validate }),
})
