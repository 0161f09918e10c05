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
  readonly isHashed: boolean
  readonly heads: ChangeHeads
}

/** What the changes of a kind begin with, by operation. */
export type ChangeHeads = Readonly<Record<'put' | 'delete' | 'append' | 'trim', string>>

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

export function changeHeads(id: number, isHashed: boolean): ChangeHeads {
  const { hashedPut, hashedDelete, hashedAppend, put, append, trim } = operations
  return Object.freeze({
    put: `[${id},${isHashed ? hashedPut : put},`,
    delete: `[${id},${isHashed ? hashedDelete : operations.delete},`,
    append: `[${id},${isHashed ? hashedAppend : append},`,
    trim: `[${id},${trim},`,
  })
}

export function encodePut({ heads, isHashed }: EncodedKind, key: string, text: string, before: BeforeChange | undefined): string {
  const was = before === undefined ? ']' : `,${before.revision},${content(isHashed, before.text)}]`
  return `${heads.put}${JSON.stringify(key)},${content(isHashed, text)}${was}`
}

export function encodeDelete({ heads, isHashed }: EncodedKind, key: string, before: BeforeChange): string {
  return `${heads.delete}${JSON.stringify(key)},${before.revision},${content(isHashed, before.text)}]`
}

export function encodeAppend({ heads, isHashed }: EncodedKind, seq: number, stream: string, text: string): string {
  return `${heads.append}${seq},${JSON.stringify(stream)},${content(isHashed, text)}]`
}

export function encodeTrim({ heads }: EncodedKind, stream: string | null, through: number): string {
  return `${heads.trim}${JSON.stringify(stream)},${through}]`
}

function content(isHashed: boolean, text: string): string {
  return isHashed ? `"${hashText(text)}"` : text
}
