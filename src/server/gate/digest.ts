/** Comparing secrets so that the time it takes tells nothing about them. */
import * as crypto from 'node:crypto'

/** SHA-256 of a secret: kept in place of it, and of the same length for all. */
export function digest(secret: string): Buffer {
  return crypto.hash('sha256', secret, 'buffer')
}

/** Whether two digests are of the same secret; takes the same time in any case. */
export function isSame(one: Buffer, other: Buffer): boolean {
  return crypto.timingSafeEqual(one, other)
}
