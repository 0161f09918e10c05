/**
 * What answers a request for an artifact (rule A4): its bytes as an attachment that runs nothing, whatever they are and whatever it is called.
 *
 * The name is what a user gave, and goes into the header alone, encoded. The type is told only where a browser shows it without running
 * anything; a page or a drawing travels as plain bytes.
 */
import type { Readable } from 'node:stream'
import { HoldfastError } from '../base/error.ts'
import { isMediaType } from '../kinds/artifacts/put-options.ts'
import type { Artifacts } from '../kinds/artifacts/reads.ts'
import type { Artifact } from '../state/artifacts-kind.ts'
import { findRange, type Headers, isUnchanged } from './artifact-request.ts'

/** A reply that is ready to be sent. */
export interface ArtifactReply {
  readonly status: 200 | 206 | 304 | 416
  readonly headers: { readonly [name: string]: string }
  /** Undefined where the reply has no body. Whoever does not read it destroys it. */
  readonly body: Readable | undefined
}

/** Media types that no browser runs anything of. */
const passive =
  /^(?:text\/(?:plain|csv)|image\/(?:png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+|font\/[\w.+-]+|application\/(?:json|zip|gzip|x-tar|octet-stream))$/
const anyBytes = 'application/octet-stream'
const policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
const weekSeconds = 7 * 24 * 60 * 60

/** The address of an artifact as it is now, one segment of a path: another when its bytes are replaced. */
export function artifactAddress({ id, version }: Pick<Artifact, 'id' | 'version'>): string {
  return `${id}.${version}`
}

/**
 * Answers a GET or a HEAD.
 *
 * @param address an id, or what `artifactAddress` made of an artifact, which is then kept by caches
 * @param request headers by lower-case name, as `node:http` has them, or those of a `Request`
 * @throws HoldfastError ARTIFACT_MISSING (404) when there is none, or none of that version any more, or its file is gone · ARTIFACT_CORRUPT (500)
 */
export async function artifactResponse(
  artifacts: Pick<Artifacts, 'get' | 'open'>,
  address: string,
  request: Headers,
  { method = 'GET' }: { readonly method?: string } = {},
): Promise<ArtifactReply> {
  const { artifact, isVersioned } = findArtifact(artifacts, address)
  const headers = headersOf(artifact, isVersioned)
  if (isUnchanged(request, headers.etag)) return { status: 304, headers: without(headers, 'content-length'), body: undefined }
  const range = method === 'GET' ? findRange(request, headers.etag, artifact.bytes) : 'whole'
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${artifact.bytes}`, 'content-length': '0' }, body: undefined }
  }
  const body = method === 'HEAD' ? undefined : await artifacts.open(artifact.id, { hash: artifact.hash, ...(range !== 'whole' && range) })
  if (range === 'whole') return { status: 200, headers, body }
  const { start, end } = range
  const part = { 'content-range': `bytes ${start}-${end}/${artifact.bytes}`, 'content-length': String(end - start + 1) }
  return { status: 206, headers: { ...headers, ...part }, body }
}

function findArtifact(artifacts: Pick<Artifacts, 'get'>, address: string): { readonly artifact: Artifact; readonly isVersioned: boolean } {
  const [, id = '', version] = /^([\w-]{1,64})(?:\.(\d{1,15}))?$/.exec(address) ?? []
  const artifact = id === '' ? undefined : artifacts.get(id)
  const isOther = artifact !== undefined && version !== undefined && Number(version) !== artifact.version
  if (artifact !== undefined && !isOther) return { artifact, isVersioned: version !== undefined }
  const reason = isOther ? 'version' : 'record'
  const what = isOther ? 'has other bytes by now' : 'does not exist'
  throw new HoldfastError('ARTIFACT_MISSING', `The artifact ${JSON.stringify(address.slice(0, 100))} ${what}.`, {
    kind: 'artifacts',
    id,
    reason,
  })
}

function headersOf(artifact: Artifact, isVersioned: boolean): { readonly [name: string]: string; readonly etag: string } {
  const [type = ''] = artifact.type.split(';')
  const isPassive = isMediaType(artifact.type) && passive.test(type.trim().toLowerCase())
  return {
    'content-type': isPassive ? artifact.type : anyBytes,
    'content-disposition': dispositionOf(artifact.name ?? artifact.id),
    'content-length': String(artifact.bytes),
    'accept-ranges': 'bytes',
    etag: `"${artifact.hash}"`,
    'cache-control': isVersioned ? `private, max-age=${weekSeconds}, immutable` : 'private, no-cache',
    'content-security-policy': policy,
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  }
}

/** RFC 6266: an ASCII name for old readers, and after it the name itself in the encoding of RFC 8187. */
function dispositionOf(name: string): string {
  // What no name here has, but one that a migration wrote may: it must not end the header, nor lead out of a directory of downloads.
  const plain = name
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029/\\]/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, 255)
    .toWellFormed()
  const ascii = plain.replaceAll(/[^\x20-\x7e]|["%;]/g, '_')
  const encoded = encodeURIComponent(plain).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

function without<Name extends string>(headers: { readonly [name: string]: string }, name: Name): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name))
}
