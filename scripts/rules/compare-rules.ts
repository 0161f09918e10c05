import type { Rule } from './read-spec.ts'
import type { Title } from './read-titles.ts'

export interface Comparison {
  readonly shown: readonly string[]
  /** Later rules that no test shows; listed, and no failure. */
  readonly later: readonly string[]
  /** What fails the check, one sentence each. */
  readonly complaints: readonly string[]
}

/** Holds the rules of the specification against the titles of the tests. */
export function compareRules(rules: readonly Rule[], titles: readonly Title[]): Comparison {
  const byId = Map.groupBy(rules, (rule) => rule.id)
  const shownIds = new Set(titles.map((title) => title.id))
  const missing = [...byId.values()].flatMap((same) => same.slice(0, 1)).filter((rule) => !shownIds.has(rule.id))
  const unknown = titles.filter((title) => !byId.has(title.id))

  const complaints = [
    ...missing.filter((rule) => !rule.isLater).map((rule) => `${rule.id} has no test (docs/spec.md:${rule.line})`),
    ...[...byId]
      .filter(([, same]) => same.length > 1)
      .map(([id, same]) => `${id} is defined twice (lines ${same.map((rule) => rule.line).join(', ')})`),
    ...unknown.map((title) => `${title.id} is named by a test but defined nowhere (${title.where})`),
  ]
  if (rules.length === 0) complaints.push('docs/spec.md defines no rules')
  return {
    shown: [...byId.keys()].filter((id) => shownIds.has(id)),
    later: missing.filter((rule) => rule.isLater).map((rule) => rule.id),
    complaints,
  }
}
