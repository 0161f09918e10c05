/** Finds the command that was asked for, runs it, and turns what it throws into one line and an exit code. */
import { isHoldfastError } from '../base/error.ts'
import type { Command } from './command.ts'
import { ps } from './ps.ts'
import { readVersion } from './version.ts'
import { why } from './why.ts'

const commands: readonly Command[] = Object.freeze([ps, why])

/** Exit codes of its own, after sysexits(3). */
const usageExit = 64
const internalExit = 70

const help = `Usage: holdfast COMMAND [ARGUMENT ...]

${commands.map(({ usage, summary }) => `  ${usage}\n      ${summary}`).join('\n')}
  --help, -h       show this
  --version, -v    show the version
`

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const stream = name === undefined ? process.stderr : process.stdout
    stream.write(help)
    return name === undefined ? usageExit : 0
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${readVersion()}\n`)
    return 0
  }
  const command = commands.find((known) => known.name === name)
  if (command === undefined) return complain(`there is no command ${JSON.stringify(name)}; see holdfast --help`, usageExit)
  try {
    const exit = await command.run(rest, (line) => process.stdout.write(`${line}\n`))
    return exit === 'misused' ? showUsage(command) : exit
  } catch (error) {
    return complain(messageOf(error), exitOf(error))
  }
}

function showUsage({ usage }: Command): number {
  process.stderr.write(`Usage: holdfast ${usage}\n`)
  return usageExit
}

function complain(message: string, exitCode: number): number {
  process.stderr.write(`holdfast: ${message}\n`)
  return exitCode
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function exitOf(error: unknown): number {
  if (isHoldfastError(error)) return error.traits?.exitCode ?? usageExit
  const code = (error as { readonly code?: unknown } | null)?.code
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS') ? usageExit : internalExit
}
