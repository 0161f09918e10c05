/**
 * Escapes every character beyond ASCII: V8 keeps a text with one such character in two bytes a character, all of it.
 *
 * @param code JavaScript that has them in strings, templates and regular expressions, and neither in comments nor in `String.raw`
 */
export function toAscii(code: string): string {
  return code.replaceAll(/[^\0-\u007F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
