/** A program with the sample open, that says of each commit what came of it. */
import { open as openFile } from 'node:fs'
import { openStore, type ReportEvent, type Store, type StoreOptions, type Health, type Lookup } from '../../src/index.ts'
import { codeOf } from '../support/outcome.ts'
import { answer } from '../support/answer.ts'
import { sample } from '../support/sample.ts'

let store: Store<typeof sample> | undefined
const reports: string[] = []
const published: number[] = []

export interface Said {
  readonly revision?: number
  readonly code?: string
  /** Of a COMMIT_UNKNOWN. */
  readonly token?: string
}

function opened(): Store<typeof sample> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

async function outcomeOf(commit: Promise<{ readonly revision: number }>): Promise<Said> {
  try {
    return { revision: (await commit).revision }
  } catch (error) {
    const { details } = error as { readonly details?: { readonly token?: string } }
    return details?.token === undefined ? { code: codeOf(error) } : { code: codeOf(error), token: details.token }
  }
}

const calls = {
  async open(options: StoreOptions): Promise<void> {
    store = await openStore(sample, { ...options, report: ({ type }: ReportEvent) => void reports.push(type) })
    store.title.watch((_changes, { revision }) => published.push(revision))
  },
  title: (title: string, durability: 'process' | 'power' = 'power'): Promise<Said> =>
    outcomeOf(opened().commit((tx) => tx.title.set(title), { durability })),
  /** So many commits at once, of so many characters each. */
  lines: (count: number, length: number): Promise<readonly Said[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => outcomeOf(opened().commit((tx) => tx.lines.append(`${i}`.padEnd(length)))))),
  /** One commit that writes so many lines, and goes on whatever each of them meets. */
  stubbornLines: (count: number, length: number): Promise<Said> =>
    outcomeOf(
      opened().commit((tx) => {
        for (let i = 0; i < count; i += 1) {
          try {
            tx.lines.append('x'.repeat(length))
          } catch {
            continue
          }
        }
      }),
    ),
  read: (): { title: string | undefined; lines: number } => ({ title: opened().title.get(), lines: opened().lines.count() }),
  snapshot: async (): Promise<Said> => outcomeOf(opened().snapshot(['title'])),
  health: (): Health => opened().health(),
  /** Resolves when health is ready. */
  async ready(): Promise<void> {
    while (!opened().health().ready) await new Promise((resolve) => setTimeout(resolve, 10))
  },
  cursor: (): string => opened().cursor,
  reports: (): readonly string[] => reports,
  published: (): readonly number[] => published,
  lookup: async (token: string): Promise<Lookup | string> => opened().lookup(token).catch(codeOf),
  /** Resolves when `type` has been reported. */
  async reported(type: string): Promise<void> {
    while (!reports.includes(type)) await new Promise((resolve) => setImmediate(resolve))
  },
  /** Holds every thread of libuv's pool (set UV_THREADPOOL_SIZE) by opening pipes that nobody writes to. */
  holdPool: (pipes: readonly string[]): void => pipes.forEach((pipe) => openFile(pipe, () => undefined)),
  close: (): Promise<void> => opened().close(),
}

export type FaultyCalls = typeof calls

answer(calls)
