import { HoldfastError } from '../../base/error.ts'
import { checkOptions, signal } from '../../base/options.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Job } from '../../state/job.ts'
import { assertKeyText } from '../../state/value.ts'
import type { Crew } from './crew.ts'
import { isEnded } from './transitions.ts'

interface WaitParts {
  readonly name: string
  readonly crew: Crew
  readonly services: KindServices
  readonly records: RecordSet
}

const rules = { signal: signal() }

/** The job once it has ended and that is durable. Keeps the process alive: another one may run the job. */
export async function waitForJob(parts: WaitParts, id: string, options?: { readonly signal?: AbortSignal }): Promise<Job> {
  const { name, crew, services, records } = parts
  assertKeyText('id', id)
  checkOptions('wait', options, rules)
  services.beginRead('wait')
  const job = records.get(id) as Job | undefined
  if (job === undefined) throw new HoldfastError('KEY_MISSING', `${name} ${JSON.stringify(id)} does not exist.`, { kind: name, key: id })
  const ended = isEnded(job) ? job : await whenEnded(crew, id, options?.signal)
  if (ended === undefined) throw new HoldfastError('STORE_CLOSED', `The store was closed while ${name}.wait waited.`, { method: 'wait' })
  // A commit that changes nothing resolves once what it has read is durable (rule D7).
  await (services.readOnly ? services.whenPublished() : services.commit(name, () => undefined))
  return ended
}

async function whenEnded(crew: Crew, id: string, abort: AbortSignal | undefined): Promise<Job | undefined> {
  abort?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Job | undefined>()
  const stop = crew.whenEnded(id, resolve)
  const onAbort = (): void => reject(abort?.reason as Error)
  const release = crew.hold()
  abort?.addEventListener('abort', onAbort)
  try {
    return await promise
  } finally {
    stop()
    release()
    abort?.removeEventListener('abort', onAbort)
  }
}
