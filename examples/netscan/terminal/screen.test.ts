import { expect, test } from 'vitest'
import { Screen, type Terminal } from './screen.ts'

/** As much of a terminal as `Screen` uses: rows of text, a cursor, and refusal of everything else. */
class TinyTerminal implements Terminal {
  columns = 20
  rows = 8
  lines: string[] = ['$ npm start']
  #row = 1
  #isAtStart = true
  #writes = 0

  get writes(): number {
    return this.#writes
  }

  write(text: string): void {
    this.#writes += 1
    for (const [piece, up, sequence] of text.replaceAll('\u001b', '␛').matchAll(/␛\[(\d+)A|␛\[(\?\d+[hl]|\w)|\r|\n|[^␛\r\n]+/g)) {
      if (up !== undefined) this.#row -= Number(up)
      else if (sequence === 'J') this.lines.length = this.#row
      else if (sequence === 'K') this.#eraseIfAtStart()
      else if (sequence !== undefined) this.#ignore(sequence)
      else this.#print(piece)
    }
  }

  #print(piece: string): void {
    if (piece === '\n') this.#row += 1
    this.#isAtStart = piece === '\n' || piece === '\r'
    if (!this.#isAtStart) this.lines[this.#row] = piece
  }

  #eraseIfAtStart(): void {
    if (this.#isAtStart) this.lines[this.#row] = ''
  }

  #ignore(sequence: string): void {
    if (!['?2026h', '?2026l', '?7h', '?7l'].includes(sequence)) throw new Error(`a terminal may not know ${sequence}`)
  }

  /** What a terminal does with lines that are too long when it becomes narrower. */
  narrow(columns: number): void {
    this.columns = columns
    const wrapped = this.lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [''])
    this.#row += wrapped.length - this.lines.length
    this.lines = wrapped
  }
}

test('a frame replaces the one before, whatever its height, with one write each', () => {
  const terminal = new TinyTerminal()
  const screen = new Screen(terminal)
  screen.draw(['one', 'two', 'three'])
  screen.draw(['1', '2'])
  expect(terminal.lines).toEqual(['$ npm start', '1', '2'])
  screen.draw(['a', 'b', 'c', 'd'])
  expect(terminal.lines).toEqual(['$ npm start', 'a', 'b', 'c', 'd'])
  expect(terminal.writes).toBe(3)
})

test('a frame that is too high is cut while it lives and whole in the end', () => {
  const terminal = new TinyTerminal()
  const screen = new Screen(terminal)
  const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`)
  screen.draw(lines)
  expect(terminal.lines).toHaveLength(1 + 7)
  screen.finish(lines)
  expect(terminal.lines).toEqual(['$ npm start', ...lines])
  screen.draw(['next'])
  expect(terminal.lines).toEqual(['$ npm start', ...lines, 'next'])
})

test('lines that a narrower terminal has wrapped are drawn over as well', () => {
  const terminal = new TinyTerminal()
  const screen = new Screen(terminal)
  screen.draw(['x'.repeat(20), 'short', '\u001b[K'])
  terminal.narrow(12)
  screen.draw(['narrow'])
  expect(terminal.lines.slice(1)).toEqual(['narrow'])
})
