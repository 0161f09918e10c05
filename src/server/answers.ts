/** What each route does, for whoever the gate let in. */
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/error.ts'
import { bodyBytes } from '../protocol/limits.ts'
import { type CallAnswer, readFeedQuery, resetHeader, stateText } from '../protocol/requests.ts'
import { decodeCursor } from '../state/cursor.ts'
import type { Serving } from '../store/store-handle.ts'
import type { Store } from '../store/store.ts'
import { type Actions, runAction } from './actions.ts'
import { answerArtifact } from './answer-artifact.ts'
import { type Assets, findAsset, pagePolicy } from './assets.ts'
import type { Feeds } from './feeds.ts'
import { answerProof, type ProofParts } from './gate/proof.ts'
import type { SignIn } from './gate/sign-in.ts'
import { parseJson } from './gate/json-scan.ts'
import type { RequestHead } from './gate/request-head.ts'
import { asNow } from './gate/visitor.ts'
import { type FeedStream, isCursorError } from './feed-stream.ts'
import { type Answers, type Asked, invalid, unknownRoute, type Visit } from './handler.ts'
import { type OpenVisits, sessionGraceMs, type Waiting } from './open-visits.ts'
import { poll } from './poll.ts'
import { emptyReply, jsonReply, type Reply } from './reply.ts'
import type { Sink } from './sink.ts'
import { snapshotTag, totalBytes } from './snapshot-bytes.ts'
import { StoreReads } from './store-reads.ts'
import { PageSeal } from './views/page-seal.ts'
import type { Views } from './views/views.ts'

export interface AnswerParts {
  readonly store: Store
  readonly serving: Serving
  readonly feeds: Feeds
  readonly actions: Actions
  readonly assets: Assets
  readonly signIn: SignIn
  readonly proof: ProofParts
  readonly visits: OpenVisits
  readonly views: Views
  readonly clock: Clock
  /** Told of what fails and is nobody's mistake. */
  readonly onError: (error: unknown) => void
}

/** Bytes of a request to sign in, at most: nobody is known yet. */
const signInBytes = 4096

const lines = 'application/x-ndjson; charset=utf-8'

export function createAnswers(parts: AnswerParts): Answers {
  const { assets, signIn, store, views } = parts
  const reads = new StoreReads(store, parts.serving, new PageSeal(parts.proof.token))
  return {
    health: () => jsonReply({ ok: true }),
    proof: (asked, { query }) => answerProof(parts.proof, asked.head, query),
    signInPage: () => signIn.page(),
    signIn: async (asked) => signIn.exchange(parseJson(await asked.body(signInBytes), { bytes: signInBytes }), asked.head),
    ready: () => answerReady(store),
    snapshot: (asked, visit) => answerSnapshot(parts, reads, asked.head, visit),
    changes: (asked, visit) => answerChanges(parts, reads, asked, visit),
    feed: (asked, visit) => answerFeed(parts, reads, asked.head, visit),
    page: async (_asked, { query, visitor }) => jsonReply(await reads.page(views.of(visitor), required(query, 'kind'), readQuery(query))),
    detail: async (_asked, { query, visitor }) =>
      jsonReply(await reads.detail(views.of(visitor), required(query, 'kind'), query.get('key') ?? '')),
    call: (asked, visit) => answerCall(parts, asked, visit),
    artifact: ({ head }, visit) => answerArtifact({ ...parts, reads }, head, visit),
    asset: ({ head }, { rest }) => answerAsset(assets, head, rest),
  }
}

/** Whether writes can succeed, and why not: 503, by which a supervisor knows without reading it. */
function answerReady(store: Store): Reply {
  const { ready, reasons } = store.health()
  return { ...jsonReply({ ready, reasons }), status: ready ? 200 : 503 }
}

async function answerSnapshot(
  { store, views }: AnswerParts,
  reads: StoreReads,
  head: RequestHead,
  { query, visitor }: Visit,
): Promise<Reply> {
  const { state, kinds: wanted } = readFeedQuery(query)
  assertState(store, state)
  const scope = reads.scope(views.of(visitor), wanted)
  const known = head.headers.get('if-none-match')
  const tagOf = (cursor: string): string => snapshotTag(store.state, scope.kinds, cursor)
  if (known === tagOf(scope.cursor)) return emptyReply(304, { etag: known })
  const { cursor, pieces } = await scope.snapshot(true)
  const etag = tagOf(cursor)
  if (known === etag) return emptyReply(304, { etag })
  return {
    status: 200,
    headers: {
      'content-type': lines,
      'content-length': String(totalBytes(pieces)),
      'cache-control': 'private, no-cache',
      'holdfast-cursor': cursor,
      etag,
    },
    body: pieces,
  }
}

async function answerChanges(
  { store, feeds, visits, views, clock }: AnswerParts,
  reads: StoreReads,
  asked: Asked,
  { query, visitor }: Visit,
): Promise<Reply> {
  const { state, kinds: wanted, after, waitMs } = readFeedQuery(query)
  assertState(store, state)
  if (after === undefined) throw invalid('it has no cursor, which belongs into "after".')
  const view = views.of(visitor)
  const scope = reads.scope(view, wanted)
  const waiting = { visitor, assertSame: () => views.assertSame(visitor, view) }
  visits.assertRoom(visitor)
  const done = feeds.count()
  try {
    const { text, cursor } = await visits.during(waiting, asked.gone, (gone) => poll({ clock, scope, gone }, after, waitMs))
    const headers = { 'content-type': lines, 'holdfast-cursor': cursor }
    return text === '' ? emptyReply(204, headers) : { status: 200, headers, body: [new TextEncoder().encode(text)] }
  } catch (error) {
    if (!isCursorError(error)) throw error
    return jsonReply(error, { [resetHeader]: error.code })
  } finally {
    done()
  }
}

function answerFeed({ store, feeds, visits, views }: AnswerParts, reads: StoreReads, head: RequestHead, { query, visitor }: Visit): Reply {
  const { state, kinds: wanted, after } = readFeedQuery(query)
  assertState(store, state)
  const view = views.of(visitor)
  const scope = reads.scope(view, wanted)
  const given = head.headers.get('last-event-id') ?? after
  const from = given === '' ? undefined : given
  // No server gave that out: an EventSource would only come back with it again and again.
  if (from !== undefined) decodeCursor(from)
  visits.assertRoom(visitor)
  feeds.assertRoom()
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
    body: (sink) => {
      const stream = feeds.stream(sink, scope, from)
      // Most streams are of owners, whose visits never end, and each listener of a stream costs memory as long as it is open.
      if (visitor.by === 'session') keepStream(visits, { visitor, stream, assertSame: () => views.assertSame(visitor, view) }, sink)
    },
  }
}

function keepStream(
  visits: OpenVisits,
  { visitor, stream, assertSame }: Waiting & { readonly stream: FeedStream | undefined },
  sink: Sink,
): void {
  const end = (error: unknown): void => stream?.end(error, sessionGraceMs)
  sink.onceClosed(visits.keep(visitor, end, assertSame))
}

async function answerCall(
  { store, serving, actions, views }: AnswerParts,
  asked: Asked,
  { rest: name, visitor: then }: Visit,
): Promise<Reply> {
  const call = parseJson(await asked.body(bodyBytes), { bytes: bodyBytes }) as { readonly id?: unknown; readonly input?: unknown } | null
  if (typeof call !== 'object' || call === null || typeof call.id !== 'string' || call.id === '') throw invalid('a call needs an "id".')
  // The body may have taken its time, and rights be fewer by now.
  const visitor = asNow(then)
  const { mayCall, mask } = views.of(visitor)
  const value = await runAction(store, actions, { visitor, mayCall, name, id: call.id, input: call.input })
  const answer: CallAnswer = { value: value ?? null, cursor: mask(await serving.publishReads()) }
  return jsonReply(answer)
}

function answerAsset(assets: Assets, head: RequestHead, rest: string): Reply {
  const asset = findAsset(assets, rest)
  if (asset === undefined) throw unknownRoute(head.method, `/${rest}`)
  const { bytes, type, etag, isImmutable } = asset
  const headers = {
    'content-type': type,
    etag,
    'cache-control': isImmutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    'content-security-policy': pagePolicy,
  }
  if (head.headers.get('if-none-match') === etag) return emptyReply(304, headers)
  return { status: 200, headers: { ...headers, 'content-length': String(bytes.byteLength) }, body: [bytes] }
}

/** A page built for another version of the state would read it wrongly (rule H4). */
function assertState({ state }: Store, asked: string | undefined): void {
  const served = stateText(state)
  if (asked === undefined || asked === served) return
  const shown = asked.slice(0, 80)
  throw new HoldfastError('STATE_VERSION_MISMATCH', `The replica was built for ${JSON.stringify(shown)}, and this server has ${served}.`, {
    asked: shown,
    served,
  })
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name)
  if (value === null || value === '') throw invalid(`it has no "${name}".`)
  return value
}

function readQuery(query: URLSearchParams): object {
  const text = query.get('query') ?? '{}'
  const parsed = parseJson(new TextEncoder().encode(text), { bytes: 16 * 1024 })
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw invalid('"query" is no object.')
  return parsed
}
