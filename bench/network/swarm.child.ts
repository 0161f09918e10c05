/**
 * Many clients of one server in a process of their own: each sends one request and counts what comes.
 *
 * They count the ends of messages (`\n\n`) and bytes and keep nothing, so that the figures are the server's.
 */
import { connect, type Socket } from 'node:net'
import { readTask, tell } from '../harness/child.ts'

export interface SwarmTask {
  readonly port: number
  readonly clients: number
  readonly path: string
  /** Header lines, joined by CRLF. */
  readonly headers: string
  /** Each client waits for so many messages, or, where 0, for the end of the reply. */
  readonly messages: number
  readonly [name: string]: string | number | boolean
}

/** When all have what they wait for, or, first, when all are connected. */
export interface SwarmReport {
  readonly event: 'connected' | 'done'
  /** Bytes received by all. */
  readonly bytes: number
}

const newline = 10
const task = readTask<SwarmTask>()
let connected = 0
let done = 0
let bytes = 0

function start(): Socket {
  const socket = connect({ port: task.port, host: '127.0.0.1', noDelay: true })
  let messages = 0
  let last = 0
  let isHeard = false
  let isDone = false
  socket.write(`GET ${task.path} HTTP/1.1\r\nHost: 127.0.0.1:${task.port}\r\n${task.headers}\r\n\r\n`)
  socket.on('data', (piece: Buffer) => {
    bytes += piece.byteLength
    if (!isHeard) {
      isHeard = true
      connected += 1
      if (connected === task.clients) tell({ event: 'connected', bytes } satisfies SwarmReport)
    }
    for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, at + 1)) {
      if ((at === 0 ? last : piece[at - 1]) === newline) messages += 1
    }
    last = piece[piece.byteLength - 1] ?? 0
    if (task.messages > 0 && messages >= task.messages) finish()
  })
  socket.on('end', () => {
    if (task.messages === 0) finish()
  })
  socket.on('error', () => process.exit(1))
  const finish = (): void => {
    if (isDone) return
    isDone = true
    done += 1
    if (done === task.clients) tell({ event: 'done', bytes } satisfies SwarmReport)
  }
  return socket
}

const sockets = Array.from({ length: task.clients }, start)
process.on('disconnect', () => {
  for (const socket of sockets) socket.destroy()
})
