/** What can be read off a statement's text, so that both drivers refuse the same misuse before SQLite sees it. */

/** Quoted text and comments, which hold no parameters; or, captured, a parameter. */
const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|((?<![\w$])(?:\?\d*|[:@$#]\w+))/g

const blank = /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*/

/**
 * How many values a statement's `?` take.
 *
 * Named and numbered parameters are refused: `better-sqlite3` counts even `?1` as named.
 */
export function countParameters(sql: string): number {
  let count = 0
  for (const [, parameter] of sql.matchAll(token)) {
    if (parameter === undefined) continue
    if (parameter !== '?') throw new TypeError(`Expected sql to have only ? as parameters, got "${parameter}"`)
    count += 1
  }
  return count
}

/** True when the text holds nothing but space, comments and semicolons. */
export function isBlank(sql: string): boolean {
  return blank.exec(sql)?.[0].length === sql.length
}

/** True for statements that insert, update or delete rows; SQLite's row count after others is that of an earlier one. */
export function changesRows(sql: string): boolean {
  const start = blank.exec(sql)?.[0].length ?? 0
  return /^(?:insert|update|delete|replace|with)\b/i.test(sql.slice(start, start + 8))
}
