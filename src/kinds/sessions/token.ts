/** Tokens of sessions: 256 random bits, of which the store knows the hash alone (rule E1). */
import * as crypto from 'node:crypto'

/** Characters of a token, and of its hash: 256 bits in base64url. */
export const tokenLength = 43

/** Hashed in place of what cannot be a token, so that it costs the same. */
const noToken = '-'.repeat(tokenLength)

export function createToken(): string {
  return crypto.randomBytes(32).toString('base64url')
}

/** A public name for a session: it opens nothing. */
export function createSessionId(): string {
  return crypto.randomBytes(16).toString('base64url')
}

/** The hash of a token; of anything else the hash of no token, at the same cost however long it is. */
export function hashToken(token: unknown): string {
  return crypto.hash('sha256', isTokenLike(token) ? token : noToken, 'base64url')
}

export function isTokenLike(token: unknown): token is string {
  return typeof token === 'string' && token.length === tokenLength
}

/** Compares hashes in a time that does not tell where they differ. */
export class HashComparer {
  readonly #given: Buffer = Buffer.alloc(tokenLength)
  readonly #known: Buffer = Buffer.alloc(tokenLength)

  isEqual(given: string, known: string): boolean {
    this.#given.write(given, 'latin1')
    this.#known.write(known, 'latin1')
    return crypto.timingSafeEqual(this.#given, this.#known)
  }
}
