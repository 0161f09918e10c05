import type { ReactNode } from 'react'
import { visibleParts } from '../../../visible.ts'

/** Text from outside: kept from turning the direction of what stands around it, its invisible characters shown as marks. */
export function ScannedText({ text }: { readonly text: string }): ReactNode {
  return (
    <bdi>
      {visibleParts(text).map((part, index) =>
        part.isMark ? (
          <span key={index} className="mark" title="a character that cannot be seen">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </bdi>
  )
}
