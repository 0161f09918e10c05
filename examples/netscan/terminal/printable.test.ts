import { expect, test } from 'vitest'
import { fit, printable } from './printable.ts'

test.each([
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['window titles', 'a\u001b]0;owned\u0007b', 'ab'],
  ['clipboard writes', 'a\u001b]52;c;ZWNobyBoaQ==\u0007b', 'ab'],
  ['links', '\u001b]8;;http://evil\u001b\\here\u001b]8;;\u001b\\', 'here'],
  ['C1 controls', 'a\u009b2Jb', 'a2Jb'],
  ['a lone escape', 'a\u001b', 'a'],
  ['overwriting', 'good\rbad\b\b', 'good bad'],
  ['line breaks', 'a\r\nb\tc', 'a b c'],
  ['NUL and DEL', 'a\0b\u007fc', 'abc'],
  ['turned text', 'abc\u202etxt.exe', 'abctxt.exe'],
  ['text without width', 'a\u200bb\ufeffc', 'abc'],
  ['half a character', 'a\ud800b', 'ab'],
  ['other scripts, kept', 'Küche 台所 🦑', 'Küche 台所 🦑'],
])('%s', (_, text, safe) => {
  // C1 sequences may be taken out whole or lose only their first character; what is left steers nothing.
  expect([safe, safe.replace('2J', '')]).toContain(printable(text))
})

test('a column has its width', () => {
  expect([fit('abc', 5), fit('abcdef', 4), fit('abc', 0), fit('', 2)]).toEqual(['abc  ', 'abc…', '', '  '])
})
