/** What a replica asks of a server, and where. Addresses are relative to the place where the server is mounted. */

/** Paths below the mount. */
export const paths = {
  snapshot: 'snapshot',
  changes: 'changes',
  feed: 'feed',
  page: 'page',
  detail: 'detail',
  call: 'call',
  artifact: 'artifact',
  signIn: 'sign-in',
  proof: 'proof',
  ready: 'ready',
} as const

/** One of them. The client writes them out, checked by this type. */
export type Path = (typeof paths)[keyof typeof paths]

/** The state a replica was built for, as the `state` parameter: `netscan@3`. */
export function stateText({ name, version }: { readonly name: string; readonly version: number }): string {
  return `${name}@${version}`
}

/** The header that no other site's page can send without being asked; any value will do. */
export const requestHeader = 'holdfast-request'

/** Where to go on from after a poll. */
export const cursorHeader = 'holdfast-cursor'

/**
 * Names the code of an error that is the answer to a poll, with status 200: the cursor is of no use any more. That is the course of
 * things after a restore, and browsers show every answer of 400 and more as a failure of the page.
 */
export const resetHeader = 'holdfast-reset'

/** What a replica may ask to follow. */
export interface FeedRequest {
  readonly state?: string | undefined
  /** All that have a feed when not given. */
  readonly kinds?: readonly string[] | undefined
  readonly after?: string | undefined
  /** How long a poll waits for a commit, ms. */
  readonly waitMs?: number | undefined
}

/** Parameters of an address, a list as its items with commas between; undefined ones are left out. */
export function queryText(parameters: Readonly<Record<string, string | number | readonly string[] | undefined>>): string {
  // JSON leaves out what is undefined; texts are made of the others on the way.
  return String(new URLSearchParams(JSON.parse(JSON.stringify(parameters)) as Record<string, string>))
}

export function readFeedQuery(query: URLSearchParams): FeedRequest {
  const waitMs = query.get('waitMs')
  return {
    state: query.get('state') ?? undefined,
    kinds: query.get('kinds')?.split(',').filter(Boolean),
    after: query.get('after') ?? undefined,
    waitMs: waitMs === null ? undefined : Number(waitMs),
  }
}

/** The body of a call: what is asked, and the name by which a repetition is known. */
export interface CallBody {
  readonly id: string
  readonly input: unknown
}

/** The answer to a call: what the action returned, and the cursor that holds what it did. */
export interface CallAnswer {
  readonly value: unknown
  readonly cursor: string
}

/** A page of a collection: records as lines of a snapshot. */
export interface PageAnswer {
  readonly cursor: string
  readonly items: readonly (readonly unknown[])[]
  readonly next: string | null
}

/** A record of a kind whose values stay home; `null` when there is none. */
export interface DetailAnswer {
  readonly cursor: string
  readonly item: readonly unknown[] | null
}
