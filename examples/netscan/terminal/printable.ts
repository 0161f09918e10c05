/** Text from outside, made safe to print. */
import { stripVTControlCharacters } from 'node:util'

/**
 * Takes out everything that could steer a terminal or hide what is there: escape sequences, control characters, characters that turn the
 * direction of text or have no width. Line breaks and tabs become spaces.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text.replace(/[\t\r\n]+/g, ' ')).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '')
}

/** Cut or filled to `width`; an ellipsis shows that something was cut. */
export function fit(text: string, width: number): string {
  const characters = Array.from(text)
  if (characters.length <= width) return text + ' '.repeat(width - characters.length)
  return width <= 0 ? '' : `${characters.slice(0, width - 1).join('')}…`
}

/** Cut to `width`, and not filled. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : fit(text, Math.max(1, width))
}

/** Local time of day. */
export function clock(at: number): string {
  return new Date(at).toTimeString().slice(0, 8)
}
