import { expect, test } from 'vitest'
import { visibleParts, visibleText } from './visible.ts'

test.each([
  ['plain text stays as it is', 'nginx 1.25 – ünïcode 日本 🦊', 'nginx 1.25 – ünïcode 日本 🦊'],
  ['control characters are named', 'a\u0000b\u001b[2J\r\n\tc\u007f', 'a‹NUL›b‹ESC›[2J‹CR›‹LF›‹TAB›c‹DEL›'],
  ['those of the upper half are numbered', 'a\u009bb', 'a‹U+009B›b'],
  ['what turns the direction', 'user\u202Etxt.exe\u2066', 'user‹U+202E›txt.exe‹U+2066›'],
  ['what has no width', 'a\u200bb\u2060c\ufeff', 'a‹U+200B›b‹U+2060›c‹U+FEFF›'],
  ['letters that look like nothing', 'a\u3164b\u00adc\u2800', 'a‹U+3164›b‹U+00AD›c‹U+2800›'],
  ['half of a character', 'a\ud800b', 'a‹U+D800›b'],
  ['a tag outside the first plane', 'a\u{e0041}b', 'a‹U+E0041›b'],
])('%s', (_, text, shown) => {
  expect(visibleText(text)).toBe(shown)
})

test('marks are parts of their own', () => {
  expect(visibleParts('a\u001b\u001bb')).toEqual([
    { text: 'a', isMark: false },
    { text: 'ESC', isMark: true },
    { text: 'ESC', isMark: true },
    { text: 'b', isMark: false },
  ])
  expect(visibleParts('')).toEqual([])
})
