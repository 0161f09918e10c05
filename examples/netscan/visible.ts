/**
 * Text from outside, with everything in it that cannot be seen made visible.
 *
 * What a scanned machine says of itself may hold control characters, characters that turn the direction of what follows, and some without
 * any width. They are neither obeyed nor hidden: each is shown as the mark that stands for it.
 */

export interface VisiblePart {
  readonly text: string
  /** Stands for a character that cannot be seen. */
  readonly isMark: boolean
}

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** Names of the control characters from 0 on, as in ASCII. */
const controls = [
  ...['NUL', 'SOH', 'STX', 'ETX', 'EOT', 'ENQ', 'ACK', 'BEL', 'BS', 'TAB', 'LF', 'VT', 'FF', 'CR', 'SO', 'SI'],
  ...['DLE', 'DC1', 'DC2', 'DC3', 'DC4', 'NAK', 'SYN', 'ETB', 'CAN', 'EM', 'SUB', 'ESC', 'FS', 'GS', 'RS', 'US'],
]

/** The parts in order; adjacent ones alternate, except that each mark is a part of its own. */
export function visibleParts(text: string): VisiblePart[] {
  const parts: VisiblePart[] = []
  let end = 0
  for (const { 0: character, index } of text.matchAll(invisible)) {
    if (index > end) parts.push({ text: text.slice(end, index), isMark: false })
    parts.push({ text: markFor(character), isMark: true })
    end = index + character.length
  }
  if (end < text.length) parts.push({ text: text.slice(end), isMark: false })
  return parts
}

/** The same as one string, for places that take no elements. */
export function visibleText(text: string): string {
  return text.replace(invisible, (character) => `‹${markFor(character)}›`)
}

/** The name of a control character, such as ESC, or the number of any other. */
function markFor(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code === 0x7f) return 'DEL'
  return controls[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
