/** The view on a terminal: drawn from the store alone, again whenever a commit arrives. */
import { styleText } from 'node:util'
import type { NetscanStore } from '../state.ts'
import { isAtWork } from '../worker.ts'
import { drawFrame } from './frame.ts'
import type { Paint } from './frame-options.ts'
import { LiveView } from './live-view.ts'
import { Screen, type Terminal } from './screen.ts'
import type { ShowOptions } from './view.ts'

/** Commits that arrive closer together are drawn together. */
const frameMs = 50
/** The times in a frame are brought up to date this often. */
const tickMs = 1_000

type TerminalStream = Terminal & NodeJS.WritableStream

export async function showLive(store: NetscanStore, terminal: TerminalStream, { signal, isEnough }: ShowOptions): Promise<void> {
  const view = await LiveView.load(store)
  const screen = new Screen(terminal)
  const painter = new Painter(() => screen.draw(drawView(view, store.directory, terminal)))
  const onResize = (): void => painter.paintSoon()
  terminal.on('resize', onResize)
  try {
    painter.paintSoon()
    if (isEnough(view.scans)) return
    for await (const commit of store.follow({ after: view.cursor, signal })) {
      view.apply(commit)
      painter.paintSoon()
      if (isEnough(view.scans)) return
    }
  } finally {
    terminal.off('resize', onResize)
    painter.stop()
    screen.finish(drawView(view, store.directory, terminal))
  }
}

function drawView(view: LiveView, directory: string, terminal: TerminalStream): string[] {
  return drawFrame(view, {
    width: terminal.columns,
    height: terminal.rows - 1,
    now: Date.now(),
    directory,
    paint: paintFor(terminal),
    isAtWork,
  })
}

/** Colours for a stream that takes them; plain text for others, and with NO_COLOR. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (style, text) => styleText(style, text, { stream })
}

/** Paints every `tickMs`, and at most `frameMs` after it was asked to. */
class Painter {
  readonly #paint: () => void
  readonly #tick: NodeJS.Timeout
  #soon: NodeJS.Timeout | undefined

  constructor(paint: () => void) {
    this.#paint = paint
    this.#tick = setInterval(paint, tickMs)
  }

  paintSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.#paint()
    }, frameMs)
  }

  stop(): void {
    clearInterval(this.#tick)
    clearTimeout(this.#soon)
  }
}
