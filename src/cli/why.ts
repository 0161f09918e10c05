/** `holdfast why`: who last wrote a value (rule C9). */
import { parseArgs } from 'node:util'
import { inspectStore } from '../store/inspect.ts'
import type { Origin } from '../store/store.ts'
import type { Command } from './command.ts'
import { toPlainText } from './plain-text.ts'

/** There is nothing under this key; "no input" in sysexits(3). */
const nothingThereExit = 66

export const why: Command = Object.freeze({
  name: 'why',
  usage: 'why DIRECTORY KIND [KEY] [--json]',
  summary: 'Tells which commit last wrote a record, an entry or a document, and who made it.',
  async run(args: readonly string[], print: (line: string) => void): Promise<number | 'misused'> {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' } } })
    const [directory, kind, key = ''] = positionals
    if (directory === undefined || kind === undefined || positionals.length > 3) return 'misused'
    const store = await inspectStore(directory)
    try {
      const origin = store.why(kind, key)
      if (values.json === true) print(JSON.stringify(origin ?? null))
      else print(toPlainText(describe(kind, key, origin)))
      return origin === undefined ? nothingThereExit : 0
    } finally {
      await store.close()
    }
  },
})

function describe(kind: string, key: string, origin: Origin | undefined): string {
  const what = key === '' ? kind : `${kind} ${key}`
  if (origin === undefined && key === '')
    return `${kind} is no document that is set. Of a collection or a log, name the KEY, too (of a log, the number of an entry).`
  if (origin === undefined) return `${what} does not exist.`
  const { revision, at, instance, actor, label } = origin
  const when = new Date(at).toISOString()
  if (instance === undefined) return `${what} was written at revision ${revision}, ${when}; that commit is pruned.`
  const by = actor === undefined ? '' : ` by ${actor}`
  const purpose = label === undefined ? '' : `, "${label}"`
  return `${what} was written at revision ${revision}, ${when}${by}, through instance ${instance}${purpose}.`
}
