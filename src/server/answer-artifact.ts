/** The route of artifacts: `artifact/<kind>/<address>`, where the address is an id, with a version or without. */
import type { Serving } from '../store/store-handle.ts'
import { artifactResponse } from './artifact-response.ts'
import type { RequestHead } from './gate/request-head.ts'
import { assertStillIn } from './gate/visitor.ts'
import { unknownRoute, type Visit } from './handler.ts'
import type { OpenVisits } from './open-visits.ts'
import type { Reply } from './reply.ts'
import type { StoreReads } from './store-reads.ts'
import type { Views } from './views/views.ts'

export interface ArtifactAnswerParts {
  readonly reads: StoreReads
  readonly serving: Serving
  readonly visits: OpenVisits
  readonly views: Views
  /** Told of what fails and is nobody's mistake. */
  readonly onError: (error: unknown) => void
}

/** @throws HoldfastError ROUTE_UNKNOWN where clients may have no artifacts of this kind, and as `artifactResponse` does */
export async function answerArtifact(parts: ArtifactAnswerParts, head: RequestHead, { rest, visitor }: Visit): Promise<Reply> {
  const { reads, serving, visits, views, onError } = parts
  const at = rest.indexOf('/')
  const artifacts = at === -1 ? undefined : reads.artifacts(views.of(visitor), rest.slice(0, at))
  if (artifacts === undefined) throw unknownRoute(head.method, `/${rest}`)
  const { status, headers, body } = await artifactResponse(artifacts, rest.slice(at + 1), head.headers, { method: head.method })
  try {
    await serving.publishReads()
    assertStillIn(visitor)
  } catch (error) {
    body?.destroy()
    throw error
  }
  if (body === undefined) return { status, headers, body: [] }
  let reason: unknown
  const stop = visits.keep(visitor, (error) => {
    reason = error
    body.destroy(error as Error)
  })
  body.once('close', stop).once('error', (error) => error !== reason && onError(error))
  return { status, headers, body }
}
