/** Text from a store, made safe for a terminal: control characters, which could move its cursor or write its clipboard, are shown as escapes. */
export function toPlainText(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`,
  )
}
