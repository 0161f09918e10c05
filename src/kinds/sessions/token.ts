/**
 * Tokens of sessions: 256 random bits, of which the store knows the SHA-256 alone (rule E1).
 *
 * That is kept as base64url, the *hash*, and held in memory as 32 characters of 8 bits, the *digest*, which is what takes least time to
 * make, to look up and to compare.
 */
import * as crypto from 'node:crypto'

/** Characters of a token: 256 bits in base64url. */
const tokenLength = 43
const digestLength = 32

/** The types know this encoding by its other name alone, which Node takes a way for that is three times as slow. */
const latin1 = 'latin1' as 'binary'

/** Hashed in place of what cannot be a token, so that it costs the same. */
const noToken = '-'.repeat(tokenLength)

export function createToken(): string {
  return crypto.randomBytes(32).toString('base64url')
}

/** A public name for a session: it opens nothing. */
export function createSessionId(): string {
  return crypto.randomBytes(16).toString('base64url')
}

export function isTokenLike(token: unknown): token is string {
  return typeof token === 'string' && token.length === tokenLength
}

/** The digest of a token; of anything else that of no token, at the same cost however long it is. */
export function digestToken(token: unknown): string {
  return crypto.hash('sha256', isTokenLike(token) ? token : noToken, latin1)
}

export function toHash(digest: string): string {
  return Buffer.from(digest, 'latin1').toString('base64url')
}

export function toDigest(hash: string): string {
  return Buffer.from(hash, 'base64url').toString('latin1')
}

export function hashToken(token: unknown): string {
  return toHash(digestToken(token))
}

/** 30 bits of a digest, to look it up by: a number is found faster than a text, and finding it tells nothing of the rest. */
export function keyOfDigest(digest: string): number {
  return digest.charCodeAt(0) | (digest.charCodeAt(1) << 8) | (digest.charCodeAt(2) << 16) | ((digest.charCodeAt(3) & 63) << 24)
}

/** Compares digests in a time that does not tell where they differ: every character is looked at. (`timingSafeEqual` takes three times as long.) */
export function isSameDigest(given: string, known: string): boolean {
  let difference = given.length ^ known.length
  for (let at = 0; at < digestLength; at += 1) difference |= given.charCodeAt(at) ^ known.charCodeAt(at)
  return difference === 0
}
