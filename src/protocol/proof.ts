/**
 * How a server proves that it knows a token before that is sent to it (rule Z9).
 *
 * The client asks `proof?key=…&nonce=…`: `key` is the beginning of the token's hash, by which the server finds the token, and `nonce` is random. The server
 * answers `{"proof": …}`, the HMAC-SHA256 of the text below with the whole hash as its key. Both are of no use to whoever listens: a hash opens nothing.
 *
 * Hashes are SHA-256 of the token's text, in base64url.
 */

/** Characters of a hash that name its token: 60 bits. */
export const proofKeyLength = 10

/** A nonce: 16 random bytes or more, in base64url. */
export const noncePattern: RegExp = /^[\w-]{22,64}$/

/** What is proven: by whom, and for whom. `host` is what the client calls the server, with the port. */
export function proofText(host: string, nonce: string): string {
  return `holdfast proof\n${host}\n${nonce}`
}

/** The answer. */
export interface ProofAnswer {
  readonly proof: string
}
