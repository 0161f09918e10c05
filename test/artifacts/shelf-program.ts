/** A program with a shelf open: another process that puts and deletes, for `Program`. */
import { Readable } from 'node:stream'
import { type Artifact, openStore, type Store } from '../../src/index.ts'
import { answer } from '../support/answer.ts'
import { filesOf, temporaryOf } from './on-disk.ts'
import { shelf } from './sample-artifacts.ts'

let store: Store<typeof shelf> | undefined
let source: Readable | undefined
let put: Promise<Artifact> | undefined

function opened(): Store<typeof shelf> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

const calls = {
  async open(directory: string): Promise<void> {
    store = await openStore(shelf, { directory })
  },
  /** Resolves when some bytes are written. */
  async beginPut(text: string): Promise<void> {
    source = new Readable({ read: () => undefined })
    source.push(text)
    await new Promise<void>((resolve, reject) => {
      put = opened().reports.put(source as Readable, { title: 'slow' }, { onProgress: () => resolve() })
      put.catch(reject)
    })
  },
  async endPut(text: string): Promise<Artifact> {
    source?.push(text)
    source?.push(null)
    return (await put) as Artifact
  },
  async stage(text: string): Promise<void> {
    await opened().reports.stage(Buffer.from(text), { title: 'staged' })
  },
  async putAndDie(text: string): Promise<string> {
    const { id } = await opened().reports.put(Buffer.from(text), { title: 'a' })
    process.send?.({ number: 2, value: id })
    process.kill(process.pid, 'SIGKILL')
    return id
  },
  /** Puts few different bytes over and over, and deletes what it finds, whoever put it. */
  async churn(seed: number, times: number): Promise<{ puts: number; deletes: number }> {
    const { reports } = opened()
    let [puts, deletes] = [0, 0]
    const step = async (n: number): Promise<void> => {
      if (n % 5 < 3) {
        await reports.put(Buffer.from(`same ${(n * 7 + seed) % 3}`), { title: 'churn' })
        puts += 1
        return
      }
      const { changed } = await opened().commit((tx) => {
        for (const { id } of tx.reports.find({ limit: 2, order: n % 2 === 0 ? 'asc' : 'desc' }).items) tx.reports.delete(id)
      })
      if (changed) deletes += 1
    }
    for (let n = 0; n < times; n += 3) await Promise.all([step(n), step(n + 1), step(n + 2)])
    return { puts, deletes }
  },
  /** So many bytes, different for each number. */
  putBytes: (bytes: number) => opened().reports.put(Buffer.alloc(bytes, `${bytes}`), { title: 'large' }),
  putText: (text: string) => opened().reports.put(Buffer.from(text), { title: 'a' }),
  replaceText: (id: string, text: string) => opened().reports.put(Buffer.from(text), { title: 'b' }, { replace: id }),
  /** For a file system that only this process sees. */
  lookAround: (directory: string) => ({
    records: opened().reports.count(),
    files: filesOf(directory).length,
    temporary: temporaryOf(directory).length,
  }),
  sweep: () => opened().reports.sweep(),
  close: (): Promise<void> => opened().close(),
}

export type ShelfCalls = typeof calls

answer(calls)
