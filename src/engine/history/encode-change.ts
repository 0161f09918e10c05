/**
 * The text of changes in the history. One commit's changes are a JSON array of arrays, whose first number names the kind and
 * whose second the operation:
 *
 *   put     [kind,1,key,value]        or, over something, [kind,1,key,value,beforeRevision,before]
 *   delete  [kind,0,key,beforeRevision,before]
 *   append  [kind,2,seq,stream,value]
 *   trim    [kind,3,stream or null,throughSeq]
 *
 * Kinds whose values stay home (feed `key` or `none`) have hashes in place of values, and say so by another number:
 *
 *   put     [kind,5,key,hash]         or [kind,5,key,hash,beforeRevision,beforeHash]
 *   delete  [kind,4,key,beforeRevision,beforeHash]
 *   append  [kind,6,seq,stream,hash]
 *
 * Values are spliced in as they are stored; nothing is parsed to write history.
 */
import { hashText } from '../identity.ts'

/** The kind a change belongs to. */
export interface EncodedKind {
  readonly id: number
  readonly isHashed: boolean
}

/** What was there before. */
export interface BeforeChange {
  readonly text: string
  readonly revision: number
}

type OperationName = 'delete' | 'put' | 'append' | 'trim' | 'hashedDelete' | 'hashedPut' | 'hashedAppend'

export const operations: Readonly<Record<OperationName, number>> = Object.freeze({
  delete: 0,
  put: 1,
  append: 2,
  trim: 3,
  hashedDelete: 4,
  hashedPut: 5,
  hashedAppend: 6,
})

export function encodePut({ id, isHashed }: EncodedKind, key: string, text: string, before: BeforeChange | undefined): string {
  const operation = isHashed ? operations.hashedPut : operations.put
  const was = before === undefined ? '' : `,${before.revision},${content(isHashed, before.text)}`
  return `[${id},${operation},${JSON.stringify(key)},${content(isHashed, text)}${was}]`
}

export function encodeDelete({ id, isHashed }: EncodedKind, key: string, before: BeforeChange): string {
  const operation = isHashed ? operations.hashedDelete : operations.delete
  return `[${id},${operation},${JSON.stringify(key)},${before.revision},${content(isHashed, before.text)}]`
}

export function encodeAppend({ id, isHashed }: EncodedKind, seq: number, stream: string, text: string): string {
  const operation = isHashed ? operations.hashedAppend : operations.append
  return `[${id},${operation},${seq},${JSON.stringify(stream)},${content(isHashed, text)}]`
}

export function encodeTrim({ id }: EncodedKind, stream: string | null, through: number): string {
  return `[${id},${operations.trim},${JSON.stringify(stream)},${through}]`
}

function content(isHashed: boolean, text: string): string {
  return isHashed ? `"${hashText(text)}"` : text
}
