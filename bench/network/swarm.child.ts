/**
 * Many clients of one server in a process of their own: each sends one request and counts what comes.
 *
 * They count the ends of messages and bytes and keep nothing, so that the figures are the server's.
 */
import { connect, type Socket } from 'node:net'
import { readTask, tell } from '../harness/child.ts'
import { maskedFrame } from './masked-frame.ts'

export interface SwarmTask {
  readonly port: number
  readonly clients: number
  /** So many connect at a time, and another one when one of these has heard something: a listener's backlog is no part of what is measured. */
  readonly atOnce: number
  readonly path: string
  /** Header lines, joined by CRLF. */
  readonly headers: string
  /** What is heard, and what is said to it in a message of a WebSocket, one after the other: a list of pairs as JSON. */
  readonly opening: string
  /** What a message ends with. */
  readonly marker: string
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

const task = readTask<SwarmTask>()
const marker = Buffer.from(task.marker)
const opening = JSON.parse(task.opening) as readonly (readonly [heard: string, said: string])[]
let connected = 0
let done = 0
let bytes = 0

const sockets: Socket[] = []

function start(): void {
  if (sockets.length === task.clients) return
  const socket = connect({ port: task.port, host: '127.0.0.1', noDelay: true })
  let messages = 0
  /** The end of what came, as far as it may be the beginning of a marker. */
  let tail: Buffer = Buffer.alloc(0)
  let said = 0
  let isDone = false
  sockets.push(socket)
  socket.write(`GET ${task.path} HTTP/1.1\r\nHost: 127.0.0.1:${task.port}\r\n${task.headers}\r\n\r\n`)
  socket.on('data', (piece: Buffer) => {
    bytes += piece.byteLength
    const [heard, answer] = opening[said] ?? []
    if (heard !== undefined && answer !== undefined) {
      if (!piece.includes(heard)) return
      socket.write(maskedFrame(answer))
      said += 1
      return
    }
    if (said === opening.length) {
      connected += 1
      if (connected === task.clients) tell({ event: 'connected', bytes } satisfies SwarmReport)
      said += 1
      start()
    }
    const text = tail.byteLength === 0 ? piece : Buffer.concat([tail, piece])
    let end = 0
    for (let at = text.indexOf(marker); at !== -1; at = text.indexOf(marker, end)) {
      messages += 1
      end = at + marker.byteLength
    }
    tail = text.subarray(Math.max(end, text.byteLength - marker.byteLength + 1))
    if (task.messages > 0 && messages >= task.messages) finish()
  })
  socket.on('end', () => {
    if (task.messages === 0) finish()
  })
  socket.on('error', (error) => {
    throw error
  })
  const finish = (): void => {
    if (isDone) return
    isDone = true
    done += 1
    if (done === task.clients) tell({ event: 'done', bytes } satisfies SwarmReport)
  }
}

for (let n = 0; n < task.atOnce; n += 1) start()
process.on('disconnect', () => {
  for (const socket of sockets) socket.destroy()
})
