/** The server's proof that it knows a token, for programs that send theirs to nobody else (rule Z9); `protocol/proof.ts` says how. */
import * as crypto from 'node:crypto'
import type { SessionsReads } from '../../kinds/sessions/reads.ts'
import { noncePattern, type ProofAnswer, proofKeyLength, proofText } from '../../protocol/proof.ts'
import { invalid } from '../handler.ts'
import { jsonReply, type Reply } from '../reply.ts'
import type { RequestHead } from './request-head.ts'

export interface ProofParts {
  readonly token: string
  readonly sessions: Pick<SessionsReads, 'hashOf'> | undefined
}

/**
 * Answers whoever asks, with a proof that is of use to those alone who know the token. Where no token of this name is known, it is a proof by a
 * key that nobody knows, the same each time as those of tokens are, so that nobody learns which there are.
 *
 * @throws HoldfastError REQUEST_INVALID
 */
export function answerProof({ token, sessions }: ProofParts, head: RequestHead, query: URLSearchParams): Reply {
  const [name, nonce] = [query.get('key') ?? '', query.get('nonce') ?? '']
  if (!/^[\w-]+$/.test(name) || name.length !== proofKeyLength || !noncePattern.test(nonce))
    throw invalid('a proof needs a "key" and a "nonce".')
  const own = crypto.hash('sha256', token, 'base64url')
  const hash = own.startsWith(name) ? own : (sessions?.hashOf(name) ?? unknownKey(token, name))
  const proof = crypto
    .createHmac('sha256', hash)
    .update(proofText(head.headers.get('host') ?? '', nonce))
    .digest('base64url')
  return jsonReply({ proof } satisfies ProofAnswer)
}

function unknownKey(token: string, name: string): string {
  return crypto.createHmac('sha256', token).update(`no token ${name}`).digest('base64url')
}
