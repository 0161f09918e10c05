/** A served sample, with everything a client needs to ask it something. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { action, type HoldfastServer, listenOnFreePort, serve, type ServeOptions } from '../../src/server.ts'
import { host, openSample, sample, type Sample } from '../support/sample-state.ts'

export const addHost = action(sample, z.object({ address: z.string() }), (tx, { address }) => {
  tx.hosts.put(host(address))
  return tx.hosts.count()
})

interface AskOptions {
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Served {
  readonly store: Sample
  readonly server: HoldfastServer
  readonly token: string
  /** Asks with the token; `address` is below `/state/`. */
  ask(address: string, init?: AskOptions): Promise<Response>
}

/** Serves a sample on a port of its own, until the test is over. */
export async function serveSample(options: ServeOptions = {}, given?: Sample): Promise<Served> {
  const store = given ?? (await openSample())
  const server = await serve(store, { port: await freePort(), actions: { addHost }, ...options })
  onTestFinished(() => server.close())
  const token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
  const ask = (address: string, init: AskOptions = {}): Promise<Response> =>
    fetch(`${server.url}/state/${address}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } })
  return { store, server, token, ask }
}

let lastPort = 20_000 + (process.pid % 200) * 100

/** Ports that no other test process takes; the system's own come from elsewhere. */
export async function freePort(): Promise<number> {
  const held = await listenOnFreePort(createServer(), { host: '127.0.0.1', from: lastPort, to: lastPort + 90 })
  await held.close()
  lastPort = held.port + 1
  return held.port
}

/** Everything a body still brings until a condition holds, and then leaves it. */
export async function readUntil(response: Response, isEnough: (text: string) => boolean): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true })
    if (isEnough(text)) break
  }
  return text
}
