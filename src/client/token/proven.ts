/** A token that is sent to no server before it has proven that it knows it (rule Z9). */
import { proofKeyLength, type ProofAnswer, proofText } from '../../protocol/proof.ts'
import type { ReplicaSeams } from '../create-replica.ts'
import { ReplicaError, unreachable } from '../replica-error.ts'
import { createFetchWire, type Fetch } from '../sync/fetch-wire.ts'
import { createSocketWire, type SocketClass } from '../sync/socket-wire.ts'
import type { Wire } from '../sync/wire.ts'

export interface ProvenOptions {
  /** In place of the global `fetch`. */
  readonly fetch?: Fetch
  /** In place of the global `WebSocket`. */
  readonly WebSocket?: SocketClass
}

/** A server that has proven itself is taken at its word for so long, ms: it may end, and another program take its port. */
const trustedMs = 1000

const hmac = { name: 'HMAC', hash: 'SHA-256' } as const

/**
 * For the option `through` of `connect`, in programs: the token of a store or a session, sent once the server at the address has proven that it
 * knows it. Another program that has taken the port gets nothing; the replica is `offline` then, with the error `SERVER_UNPROVEN`.
 *
 * @param token what the file `token` of a store's directory holds, or what signing in gave
 */
export function proven(token: string, options: ProvenOptions = {}): (url: string, seams: ReplicaSeams) => ReplicaSeams {
  return (url, seams) => {
    const { fetch: ask = fetch } = options
    const known = { ...options, fetch: ask, url, token }
    let trustedUntil = 0
    const prove = async (signal: AbortSignal): Promise<void> => {
      if (seams.clock.elapsed() < trustedUntil) return
      await assertKnows((address, init) => ask(address, { ...init, signal }), url, token)
      trustedUntil = seams.clock.elapsed() + trustedMs
    }
    const after =
      (wire: Wire): Wire =>
      async (address, wireOptions, body) => {
        await prove(wireOptions.signal)
        wireOptions.onActivity()
        return await wire(address, wireOptions, body)
      }
    return { ...seams, wire: after(createFetchWire(known)), socket: after(createSocketWire(known)) }
  }
}

/** @throws ReplicaError SERVER_UNPROVEN · UNREACHABLE */
async function assertKnows(ask: Fetch, url: string, token: string): Promise<void> {
  const { subtle } = crypto
  const hash = toBase64Url(await subtle.digest('SHA-256', new TextEncoder().encode(token)))
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(16)).buffer)
  const response = await ask(`${url}/proof?key=${hash.slice(0, proofKeyLength)}&nonce=${nonce}`, { redirect: 'error' }).catch(
    (cause: unknown) => {
      throw unreachable(String(cause), { cause })
    },
  )
  const answer = (await response.json().catch(() => undefined)) as Partial<ProofAnswer> | undefined
  const key = await subtle.importKey('raw', new TextEncoder().encode(hash), hmac, false, ['verify'])
  const text = new TextEncoder().encode(proofText(new URL(url).host, nonce))
  if (response.ok && typeof answer?.proof === 'string' && (await subtle.verify(hmac, key, fromBase64Url(answer.proof), text))) return
  const { host } = new URL(url)
  const message = `What answers at ${host} does not know the token. See which program has the port, and that the token is of this store.`
  throw new ReplicaError('SERVER_UNPROVEN', message, { host })
}

function toBase64Url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
  } catch {
    return new Uint8Array(0)
  }
}
