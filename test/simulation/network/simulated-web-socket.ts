import type { Fetch } from '../../../src/client/sync/fetch-wire.ts'
import type { SocketClass } from '../../../src/client/sync/socket-wire.ts'
import { SharedFrames, textFrame } from '../../../src/server/web-socket/frames.ts'
import type { Sink } from '../../../src/server/sink.ts'
import { FrameReader } from './frame-reader.ts'
import type { ServerEnd } from './server-end.ts'

/** The class `WebSocket` of one client: what it is sent are bytes on the network like any others, split and cut wherever that happens. */
export function webSocketOver(fetch: Fetch): SocketClass {
  return class SimulatedWebSocket {
    onopen: (() => void) | null = null
    onmessage: ((event: { readonly data: string }) => void) | null = null
    onerror: (() => void) | null = null
    onclose: (() => void) | null = null
    readonly #leaving = new AbortController()

    constructor(url: string) {
      this.#run(url.replace('ws', 'http')).then(
        () => this.onclose?.(),
        () => {
          this.onerror?.()
          this.onclose?.()
        },
      )
    }

    close(): void {
      this.#leaving.abort()
    }

    async #run(url: string): Promise<void> {
      const { ok, body } = await fetch(url, { signal: this.#leaving.signal, headers: upgradeHeaders })
      if (!ok || body === null) throw new TypeError('The upgrade was refused.')
      this.onopen?.()
      const reader = body.getReader()
      const frames = new FrameReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        for (const data of frames.read(value as Uint8Array)) this.onmessage?.({ data })
      }
    }
  }
}

const upgradeHeaders = { upgrade: 'websocket' } as const

export function isUpgrade({ headers }: RequestInit): boolean {
  return headers === upgradeHeaders
}

/** The server's side of a WebSocket: messages in frames. */
export class FramedEnd implements Sink {
  readonly #end: ServerEnd
  readonly #frames: SharedFrames = new SharedFrames()
  #isInside = false

  constructor(end: ServerEnd) {
    this.#end = end
  }

  get pendingBytes(): number {
    return this.#end.pendingBytes
  }

  get takenBytes(): number {
    return this.#end.takenBytes
  }

  get isClosed(): boolean {
    return this.#end.isClosed
  }

  write(bytes: Uint8Array, isWhole = true): void {
    const isFirst = !this.#isInside
    this.#isInside = !isWhole
    this.#end.write(isFirst && isWhole ? this.#frames.of(bytes) : textFrame(bytes, { isFirst, isLast: isWhole }))
  }

  onceRoomy(callback: () => void): void {
    this.#end.onceRoomy(callback)
  }

  onceClosed(callback: () => void): void {
    this.#end.onceClosed(callback)
  }

  end(): void {
    this.#end.end()
  }

  destroy(): void {
    this.#end.destroy()
  }
}
