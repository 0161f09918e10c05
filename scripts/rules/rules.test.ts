import { describe, expect, test } from 'vitest'
import { compareRules } from './compare-rules.ts'
import { readSpec } from './read-spec.ts'
import { readTitles } from './read-titles.ts'

const spec = `
# Specification
## Commits
- **C1** All changes become visible together.
- **C2** A commit that changes nothing takes no revision. See **C1**.
## Later releases
- **J1** States of a job.
### Details
- **J2** Leases.
## Promises
- **P1** An acknowledged commit survives.
`

describe('readSpec', () => {
  test('finds the lines that define a rule, and those of later releases', () => {
    const rules = readSpec(spec)
    expect(rules.map((rule) => rule.id)).toEqual(['C1', 'C2', 'J1', 'J2', 'P1'])
    expect(rules.filter((rule) => rule.isLater).map((rule) => rule.id)).toEqual(['J1', 'J2'])
    expect(rules[0]?.line).toBe(4)
  })
})

describe('readTitles', () => {
  const idsOf = (text: string): string[] => readTitles('a.test.ts', text).map((title) => title.id)

  test('reads one or several ids, in any form of call', () => {
    expect(idsOf(`test('[C1] one', f)\nit("[C2] [P1] two", f)\ndescribe(\`[C3] \${name}\`, f)`)).toEqual(['C1', 'C2', 'P1', 'C3'])
    expect(idsOf(`test.each([1])('[C1] %i', f); check({ title: '[C2] x' })`)).toEqual(['C1', 'C2'])
    expect(idsOf(`test.skipIf(old)('[C1] x', f)`)).toEqual(['C1'])
  })

  test('says where', () => {
    expect(readTitles('a.test.ts', `\n\ntest('[C1] x', f)`)).toEqual([{ id: 'C1', where: 'a.test.ts:3' }])
  })

  test('ignores ids elsewhere in a text, in comments, and in what never runs', () => {
    expect(idsOf(`test('shows [C1]', f) // test('[C2] x', f)`)).toEqual([])
    expect(idsOf(`test.skip('[C1] x', f); test.todo('[C2] x'); it.skip.each([1])('[C3] x', f)`)).toEqual([])
    expect(idsOf(`describe.skip('group', () => { test('[C1] x', f) })`)).toEqual([])
  })
})

describe('compareRules', () => {
  const title = (id: string): { id: string; where: string } => ({ id, where: 'a.test.ts:1' })

  test('passes when every rule that is not for later has a test', () => {
    const result = compareRules(readSpec(spec), ['C1', 'C2', 'P1', 'J2'].map(title))
    expect(result).toEqual({ shown: ['C1', 'C2', 'J2', 'P1'], later: ['J1'], complaints: [] })
  })

  test('complains about a rule without a test', () => {
    expect(compareRules(readSpec(spec), ['C1', 'P1'].map(title)).complaints).toEqual(['C2 has no test (docs/spec.md:5)'])
  })

  test('complains about a rule defined twice', () => {
    const rules = readSpec('- **C1** one\n- **C1** two')
    expect(compareRules(rules, [title('C1')]).complaints).toEqual(['C1 is defined twice (lines 1, 2)'])
  })

  test('complains about a title that names no rule', () => {
    const rules = readSpec('- **C1** one')
    expect(compareRules(rules, [title('C1'), title('C9')]).complaints).toEqual(['C9 is named by a test but defined nowhere (a.test.ts:1)'])
  })

  test('complains about an empty specification', () => {
    expect(compareRules([], []).complaints).toEqual(['docs/spec.md defines no rules'])
  })
})
