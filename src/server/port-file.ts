/** The port a store was served on last, kept beside it so that open pages find the server again after a restart. */
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'

const fileName = 'port'

/** The recorded port; undefined when there is none, or none that could be. */
export function readPort(directory: string): number | undefined {
  let text: string
  try {
    text = fs.readFileSync(path.join(directory, fileName), 'utf8')
  } catch {
    return undefined
  }
  const port = /^\d{1,5}\n$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** Records a port, whole or not at all. */
export function writePort(directory: string, port: number): void {
  const file = path.join(directory, fileName)
  const temporary = `${file}.${crypto.randomUUID()}`
  fs.writeFileSync(temporary, `${port}\n`, { mode: 0o600, flag: 'wx' })
  fs.renameSync(temporary, file)
}
