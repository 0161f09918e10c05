/** Random names, and the chain that ties each commit to the one before. */
import * as crypto from 'node:crypto'

/** 48 random bits as 8 base64url characters. */
export function randomName(): string {
  return crypto.randomBytes(6).toString('base64url')
}

/** Characters kept of a SHA-256 in base64url: 132 bits. */
const hashCharacters = 22

/** Hash of a stored text, kept in the history in place of values that may not leave the store. */
export function hashText(text: string): string {
  return crypto.hash('sha256', text, 'base64url').slice(0, hashCharacters)
}

/** The chain of an empty history. */
export function firstChain(epoch: string): string {
  return hashText(`holdfast\n${epoch}`)
}

/** Everything of a commit that its check covers. */
export interface ChainedCommit {
  readonly revision: number
  readonly at: number
  readonly instance: string
  readonly counter: number
  readonly actor: string | null
  readonly label: string | null
  /** JSON text of the changes. */
  readonly changes: string
}

/** The check of a commit, over the check before it (rule L2). */
export function nextChain(previous: string, commit: ChainedCommit): string {
  const { revision, at, instance, counter, actor, label, changes } = commit
  const origin = actor === null && label === null ? '[null,null]' : JSON.stringify([actor, label])
  return hashText(`${previous}\n${revision}\n${at}\n${instance}:${counter}\n${origin}\n${changes}`)
}
