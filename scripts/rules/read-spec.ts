/** A rule as `docs/spec.md` states it: a line `- **C1** …`. */
export interface Rule {
  readonly id: string
  readonly line: number
  /** Stands under a heading that says "Later": promised for a later release, so it needs no test yet. */
  readonly isLater: boolean
}

/** The rules of a Markdown text in order, repetitions included. */
export function readSpec(markdown: string): Rule[] {
  const rules: Rule[] = []
  let laterLevel = Infinity
  for (const [index, text] of markdown.split('\n').entries()) {
    const [, marks, heading = ''] = /^(#+) (.*)/.exec(text) ?? []
    if (marks !== undefined && marks.length <= laterLevel) laterLevel = /\blater\b/i.test(heading) ? marks.length : Infinity
    const id = /^- \*\*([A-Z]+\d+)\*\*/.exec(text)?.[1]
    if (id !== undefined) rules.push({ id, line: index + 1, isLater: laterLevel !== Infinity })
  }
  return rules
}
