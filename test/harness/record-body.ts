/**
 * What the harnesses write: every body names the commit it belongs to and holds the hash of its own content (oracle O2), so
 * that a body that was torn, mixed or misplaced gives itself away.
 */
import { createHash } from 'node:crypto'

export interface Body {
  /** Label of the commit that wrote it. */
  readonly by: string
  /** The revision its writer named as the one it replaces, `null` for none; absent when it named none. */
  readonly over?: number | null
  /** The version of the state whose migration rewrote it. */
  readonly generation?: number
  readonly pad: string
  readonly hash: string
}

export interface Item extends Body {
  readonly key: string
  readonly group: string
  readonly rank?: number
  /** Unique among the items that have one. */
  readonly ticket?: string
}

/** An entry of the log. The last one of each commit lists what else the commit wrote. */
export interface Line extends Body {
  readonly writes?: readonly string[]
}

export function seal<Content extends object>(content: Content): Content & { readonly hash: string } {
  return { ...content, hash: hashOf(content) }
}

export function isWhole(value: unknown): boolean {
  return (value as Body).hash === hashOf(withoutHash(value as Body))
}

/** A body with other content, and the hash that goes with it. */
export function reseal<Content extends Body>(body: Content, changed: Partial<Content>): Content {
  return { ...body, ...changed, hash: hashOf(withoutHash({ ...body, ...changed })) }
}

function withoutHash(body: Body): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'hash'))
}

function hashOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 16)
}
