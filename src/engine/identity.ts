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
  return new Chain().next(previous, commit).chain
}

/** A commit's check, and its changes as a part of the text that was hashed: pieces of text are joined once, not for each use. */
export interface Link {
  readonly chain: string
  readonly changes: string
}

/** Makes the checks of commits one after the other. What the commits of a group have in common becomes text once. */
export class Chain {
  #at = -1
  #instance = ''
  #middle = ''

  next(previous: string, commit: ChainedCommit): Link {
    const { revision, counter, changes } = commit
    const text = `${previous}\n${revision}${this.#middleOf(commit)}${counter}${originOf(commit)}${changes}`
    return { chain: hashText(text), changes: text.slice(text.length - changes.length) }
  }

  #middleOf({ at, instance }: ChainedCommit): string {
    if (at !== this.#at || instance !== this.#instance) {
      this.#at = at
      this.#instance = instance
      this.#middle = `\n${at}\n${instance}:`
    }
    return this.#middle
  }
}

function originOf({ actor, label }: ChainedCommit): string {
  return actor === null && label === null ? '\n[null,null]\n' : `\n${JSON.stringify([actor, label])}\n`
}
