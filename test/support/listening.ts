/** Where the system says that a port is listened on. */
import { readFileSync } from 'node:fs'

/** The addresses as Linux writes them, which are the bytes of each word turned around. */
const known: ReadonlyMap<string, string> = new Map([
  ['0100007F', '127.0.0.1'],
  ['00000000000000000000000001000000', '::1'],
  ['00000000', '0.0.0.0'],
  ['0'.repeat(32), '::'],
])

/** Of TCP, of all that runs here; what is none of the usual addresses is as Linux writes it. Linux only. */
export function listeningOn(port: number): readonly string[] {
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').trimEnd().split('\n').slice(1))
  const sockets = lines.map((line) => line.trim().split(/\s+/))
  const isListening = ([, local, , state]: readonly string[]): boolean =>
    state === '0A' && Number.parseInt(local?.split(':')[1] ?? '', 16) === port
  const addresses = sockets.filter(isListening).map(([, local = '']) => local.split(':')[0] ?? '')
  return addresses.map((address) => known.get(address) ?? address)
}
