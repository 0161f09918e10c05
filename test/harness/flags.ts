/** The command line of a harness. A mistake is answered with one sentence and the usage. */
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** What a flag's value may be. */
export interface FlagRule {
  /** Completes *Expected --x to be …*. */
  readonly expected: string
  readonly accepts: (text: string) => boolean
}

export const wholeNumber: FlagRule = Object.freeze({ expected: 'a whole number', accepts: (text: string) => /^\d{1,9}$/.test(text) })

export function oneOf(allowed: readonly string[]): FlagRule {
  return { expected: allowed.length === 1 ? `${allowed[0]}` : `one of ${allowed.join(', ')}`, accepts: (text) => allowed.includes(text) }
}

export const drivers: FlagRule = Object.freeze(oneOf(['node:sqlite', 'better-sqlite3']))

type Options = NonNullable<ParseArgsConfig['options']>
type Values<Declared extends Options> = ReturnType<typeof parseArgs<{ options: Declared }>>['values']

export interface CommandLine<Declared extends Options> {
  /** What `--help` prints. */
  readonly usage: string
  readonly options: Declared
  readonly rules: { readonly [Name in keyof Declared]?: FlagRule }
}

/** The flags that were given. Ends the process after `--help` and after a mistake. */
export function readFlags<const Declared extends Options>(line: CommandLine<Declared>): Values<Declared> {
  return readOrExplain(line.usage, (given) => parseFlags(given, line))
}

/** @param read throws a TypeError that says in a sentence what is wrong */
export function readOrExplain<Read>(usage: string, read: (given: readonly string[]) => Read): Read {
  const given = process.argv.slice(2)
  if (given.includes('--help')) {
    console.log(usage)
    process.exit(0)
  }
  try {
    return read(given)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(`${error.message}\n${usage}`)
    process.exit(64)
  }
}

/** @throws TypeError that says in a sentence what is wrong */
export function parseFlags<const Declared extends Options>(
  given: readonly string[],
  { options, rules }: Omit<CommandLine<Declared>, 'usage'>,
): Values<Declared> {
  const values = parse(given, options)
  for (const [name, rule] of Object.entries<FlagRule | undefined>(rules)) {
    const value: unknown = values[name as keyof Values<Declared>]
    if (rule === undefined || typeof value !== 'string' || rule.accepts(value)) continue
    throw new TypeError(`Expected --${name} to be ${rule.expected}, got ${JSON.stringify(value)}.`)
  }
  return values
}

function parse<const Declared extends Options>(given: readonly string[], options: Declared): Values<Declared> {
  try {
    return parseArgs({ args: [...given], options }).values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // The sentences that follow explain how to escape a dash.
    const [sentence = ''] = error.message.split(/\.(?:\s|$)/)
    throw new TypeError(`${sentence}.`, { cause: error })
  }
}
