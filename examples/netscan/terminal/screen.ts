/**
 * A frame of lines at the end of the terminal's output, drawn over itself again and again.
 *
 * It stays in the ordinary screen and never hides the cursor, so that a process that is killed leaves a terminal in order, with the last
 * frame above the prompt. Each frame is one write: synchronised (DECSET 2026, ignored where unknown), with automatic wrapping off, each
 * line erased to its end, so that nothing flickers and no line takes two rows.
 */
import { stripVTControlCharacters } from 'node:util'

/** The part of a terminal's output stream that is needed. */
export interface Terminal {
  readonly columns: number
  readonly rows: number
  write(text: string): unknown
}

const beginFrame = '\u001b[?2026h\u001b[?7l'
const endFrame = '\u001b[?7h\u001b[?2026l'
const eraseToLineEnd = '\u001b[K'
const eraseBelow = '\u001b[J'

export class Screen {
  readonly #terminal: Terminal
  #shown: { readonly lines: readonly string[]; readonly columns: number } = { lines: [], columns: 0 }

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Draws over the last frame; lines that do not fit into the height of the terminal are left out. */
  draw(lines: readonly string[]): void {
    this.#replace(lines.slice(0, Math.max(1, this.#terminal.rows - 1)))
  }

  /** Draws the last frame, whole, and leaves it there. */
  finish(lines: readonly string[]): void {
    this.#replace(lines)
    this.#shown = { lines: [], columns: 0 }
  }

  #replace(lines: readonly string[]): void {
    const up = this.#rowsShown()
    const toTop = up > 0 ? `\u001b[${up}A\r` : '\r'
    const text = lines.map((line) => `${line}${eraseToLineEnd}\n`).join('')
    this.#terminal.write(`${beginFrame}${toTop}${text}${eraseBelow}${endFrame}`)
    this.#shown = { lines, columns: this.#terminal.columns }
  }

  /** A terminal that has become narrower has wrapped the lines of the last frame. */
  #rowsShown(): number {
    const { lines, columns } = this.#shown
    const rows = lines.map((line) => {
      const width = Math.min(stripVTControlCharacters(line).length, columns)
      return Math.max(1, Math.ceil(width / this.#terminal.columns))
    })
    return Math.min(
      rows.reduce((sum, count) => sum + count, 0),
      Math.max(0, this.#terminal.rows - 1),
    )
  }
}
