/** What the kinds of a store may use of it. */
import { type CommitOptions, CommitRequest, type CommitResult } from '../engine/commit/commit-request.ts'
import { OwnRequest } from '../engine/commit/own-request.ts'
import { PendingRecords } from '../engine/delayed/pending-records.ts'
import type { Engine } from '../engine/engine.ts'
import type { KindServices } from '../engine/kind-runtime.ts'
import type { RecordSet } from '../engine/records/record-set.ts'

export function kindServices(engine: Engine): KindServices {
  const { seams, report, directory, readOnly } = engine.options
  return {
    ledger: engine.ledger,
    turn: engine.turn,
    beginRead: (method) => engine.beginRead(method),
    beginWrite: (method) => engine.beginWrite(method),
    pend: (records) => pend(engine, records),
    watch: engine.watch.bind(engine),
    watchOthers: (callback) => engine.others.listen(callback),
    whenPublished: () => engine.whenPublished(engine.ledger.head.revision),
    onUndecodable: (kind, key) => engine.condition.noteUndecodable(kind, key),
    commit: (kind, write, options) => commitKind(engine, kind, write, options),
    transact: (write, options) => transact(engine, write, options),
    repeat: (repetition) => engine.backend.repeat(repetition),
    readsOf: (kind) => engine.kinds.find(({ name }) => name === kind)?.reads ?? {},
    txOf: (kind, commit) => engine.kinds.find(({ name }) => name === kind)?.createTx(commit) ?? {},
    commitOwn(write, options) {
      const request = new OwnRequest(write, options)
      engine.enqueue(request, true)
      return request.promise
    },
    clock: seams.clock,
    random: seams.random,
    bootId: seams.bootId,
    report,
    closed: engine.closed,
    directory: directory === ':memory:' ? undefined : directory,
    instance: engine.instance,
    readOnly,
  }
}

function pend({ delayed, options }: Engine, records: RecordSet): PendingRecords {
  const pending = new PendingRecords(records, {
    now: () => options.seams.clock.now(),
    onWrite: (characters) => delayed.noteWrite(characters),
    onRefused: (kind, write) => delayed.noteRefused(kind, write),
  })
  delayed.add(pending)
  return pending
}

function commitKind<Value>(
  engine: Engine,
  kind: string,
  write: (tx: never) => Value,
  options: CommitOptions | undefined,
): Promise<CommitResult<Value>> {
  engine.assertNotInCommit(`${kind} outside tx`)
  return transact(engine, (tx: { readonly [kind: string]: never }) => write(tx[kind] as never), options)
}

function transact<Value>(engine: Engine, write: (tx: never) => Value, options: CommitOptions | undefined): Promise<CommitResult<Value>> {
  engine.assertNotInCommit('commit')
  const request = new CommitRequest(write, options)
  try {
    request.check()
    engine.enqueue(request, true)
  } catch (error) {
    request.reject(error)
  }
  return request.promise as Promise<CommitResult<Value>>
}
