/** A snapshot as it travels, read by the words of docs/protocol.md. */
import type { SnapshotHeader } from '../../src/protocol/snapshot-text.ts'

export interface ReadSnapshot {
  readonly header: SnapshotHeader
  readonly items: readonly { readonly kind: string; readonly item: readonly unknown[] }[]
}

/** @throws Error for one that is not whole */
export function readSnapshot(text: string): ReadSnapshot {
  const [header, ...lines] = text.trimEnd().split('\n')
  const items: { readonly kind: string; readonly item: readonly unknown[] }[] = []
  const end = JSON.parse(lines.pop() ?? '') as { readonly end: number }
  let kind = ''
  for (const line of lines) {
    const parsed = JSON.parse(line) as readonly unknown[] | { readonly kind: string }
    if (Array.isArray(parsed)) items.push({ kind, item: parsed })
    else ({ kind } = parsed as { readonly kind: string })
  }
  if (end.end !== items.length) throw new Error(`The snapshot says ${end.end} and holds ${items.length} records.`)
  return { header: JSON.parse(header ?? '') as SnapshotHeader, items }
}
