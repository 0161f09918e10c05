/** What a server of a benchmark is asked to be, and where it is then. */

/** What carries the messages. */
export type Carrier = 'sse' | 'ws' | 'socketio'

export interface ServerTask {
  readonly kind: 'holdfast' | 'bare'
  readonly via: Carrier
  readonly directory: string
  readonly driver: string
  readonly clients: number
  readonly [name: string]: string | number
}

/** First of all: where to connect. */
export interface ServerReady {
  readonly port: number
  readonly path: string
  readonly headers: string
  /** What a client hears once it is connected, and what it says to that: a list of pairs as JSON. */
  readonly opening: string
  /** What a message ends with. */
  readonly marker: string
  /** Messages that each stream begins with, whatever is sent. */
  readonly greetings: number
}
