/** `holdfast ps`: what runs (rule G1). */
import { parseArgs } from 'node:util'
import type { Instance } from '../registry/instance.ts'
import { list } from '../registry/list.ts'
import type { Command } from './command.ts'
import { toPlainText } from './plain-text.ts'

const columns = ['NAME', 'PID', 'SINCE', 'URL', 'DIRECTORY'] as const

export const ps: Command = Object.freeze({
  name: 'ps',
  usage: 'ps [--json]',
  summary: 'Lists the stores and servers of this user that run on this machine.',
  async run(args: readonly string[], print: (line: string) => void): Promise<number | 'misused'> {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' } } })
    if (positionals.length > 0) return 'misused'
    const running = await list()
    if (values.json === true) print(JSON.stringify(running))
    else for (const line of toTable([columns, ...running.map(toRow)])) print(line)
    return 0
  },
})

function toRow({ name, pid, startedAt, url, port, directory }: Instance): readonly string[] {
  const where = url ?? (port === undefined ? '-' : `:${port}`)
  return [name, String(pid), timeOf(startedAt), where, directory ?? '-'].map(toPlainText)
}

/** The clock of another program may say anything. */
function timeOf(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? '-' : date.toISOString()
}

function toTable(rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
