import { parseSync, Visitor, type ESTree } from 'vite'

/** A test that names the rule it shows: its title begins with `[ID]`, or several: `[C1] [P2] …`. */
export interface Title {
  readonly id: string
  /** `path:line`. */
  readonly where: string
}

/**
 * The rule ids that titles in one file begin with.
 *
 * Any text literal beginning with `[ID]` counts as a title, so a harness may name its checks in its own way;
 * what stands inside a skipped or planned test does not count, since it never runs.
 */
export function readTitles(path: string, text: string): Title[] {
  const titles: { text: string; start: number }[] = []
  const skipped: { start: number; end: number }[] = []
  new Visitor({
    Literal: (node) => void (typeof node.value === 'string' && titles.push({ text: node.value, start: node.start })),
    TemplateLiteral: (node) => void titles.push({ text: node.quasis[0]?.value.raw ?? '', start: node.start }),
    CallExpression: (node) => void (isSkipped(node.callee) && skipped.push(node)),
  }).visit(parseSync(path, text).program)

  return titles
    .filter(({ start }) => !skipped.some((call) => call.start <= start && start < call.end))
    .flatMap((title) => readIds(title.text).map((id) => ({ id, where: `${path}:${text.slice(0, title.start).split('\n').length}` })))
}

function readIds(title: string): string[] {
  const prefix = /^(\[[A-Z]+\d+\]\s*)+/.exec(title)?.[0] ?? ''
  return [...prefix.matchAll(/[A-Z]+\d+/g)].map(([id]) => id)
}

/** `test.skip`, `test.todo`, `describe.skip.each(…)`; not `test.skipIf(…)`, which decides when it runs. */
function isSkipped(callee: ESTree.Expression): boolean {
  if (callee.type === 'CallExpression') return isSkipped(callee.callee)
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return false
  return ['skip', 'todo'].includes(callee.property.name) || isSkipped(callee.object)
}
