/** One command of `holdfast`. */
export interface Command {
  readonly name: string
  /** How it is called, without the program's name. */
  readonly usage: string
  /** One sentence. */
  readonly summary: string
  /** @param print writes one line to standard output @returns the exit code; `misused` where the arguments are not what `usage` says */
  run(args: readonly string[], print: (line: string) => void): Promise<number | 'misused'>
}
