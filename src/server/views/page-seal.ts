/**
 * Page tokens of views that show a part of a kind: a token says where a page ended, by the key and the index of a record that may be one that the
 * view does not show. So it is sealed, and holds for this view alone.
 */
import * as crypto from 'node:crypto'
import { HoldfastError } from '../../base/error.ts'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

export class PageSeal {
  readonly #key: Buffer

  /** @param token of the store, so that pages go on after a restart and in every process */
  constructor(token: string) {
    this.#key = crypto.createHmac('sha256', token).update('holdfast pages').digest()
  }

  /**
   * A page of a query, found with its token unsealed, and its next one sealed.
   *
   * @param place the view, and the kind
   * @throws HoldfastError PAGE_INVALID for what was not sealed for this place, and as `find` does
   */
  within<Page extends { readonly next: string | null }>(
    place: string,
    query: { readonly after?: unknown },
    find: (query: object) => Page,
  ): Page {
    const { after } = query
    const page = find(typeof after === 'string' ? { ...query, after: this.#unseal(after, place) } : query)
    return page.next === null ? page : { ...page, next: this.#seal(page.next, place) }
  }

  #seal(next: string, place: string): string {
    const nonce = crypto.randomBytes(nonceBytes)
    const cipher = crypto.createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(place))
    return Buffer.concat([nonce, cipher.update(next), cipher.final(), cipher.getAuthTag()]).toString('base64url')
  }

  #unseal(given: string, place: string): string {
    try {
      const bytes = Buffer.from(given, 'base64url')
      const end = bytes.byteLength - tagBytes
      const decipher = crypto.createDecipheriv(algorithm, this.#key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(end))
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, end)), decipher.final()]).toString()
    } catch (cause) {
      const reason = 'it is not a page token of this view'
      throw new HoldfastError('PAGE_INVALID', `The page token cannot be used: ${reason}.`, { reason }, { cause })
    }
  }
}
